"""Schemas and provenance of the tables of funded applications, ReGiS projects and the plan's own small tables."""

from __future__ import annotations

from toolkit.sources.calls_schema import (
    BY_HAND,
    CALL,
    CURATED_FILES,
    PAD,
    PAD_FILES,
    PAD_URL,
    TO_VERIFY,
    YES_NO,
    day,
    money,
    text,
)
from toolkit.sources.resource import Resource, code, column

BENEFICIARY_TYPES = ("municipality", "health", "firms", "schools_universities", "other")
DOMANI = "Italia Domani (Presidenza del Consiglio dei ministri, MEF)"
DOMANI_URL = "https://www.italiadomani.gov.it/content/sogei-ng/it/it/catalogo-open-data.html"
DOMANI_FILES = "github.com/ondata/italian-public-sector-pnrr-data-guide@665cafe"
LICENCE_FAULT = {
    "it": "Licenza CC BY 4.0 come dichiarata dall'editore, non verificata sul sito.",
    "en": "Licence CC BY 4.0 as the publisher states it, not verified on the site.",
}

APPLICATIONS = Resource(
    name="applications",
    title={"it": "Candidature finanziate di PA digitale 2026", "en": "Funded applications of PA digitale 2026"},
    publisher=PAD,
    url=PAD_URL,
    licence="cc-by-4.0",
    upstream=(f"{PAD_FILES}: data/candidature_finanziate_*.csv, newest version at hand of each",),
    observed="{snapshot_on}",
    processing={
        "it": "Ridotto ai comuni della Città metropolitana di Milano; ogni riga porta il giorno del suo file.",
        "en": "Reduced to the municipalities of the Metropolitan City of Milan; each row carries the day of its file.",
    },
    key=("istat_code", "call", "submitted_on"),
    fields=(
        code(),
        CALL,
        day("submitted_on", "Inviata il", "Submitted on", required=True),
        day("funded_on", "Decreto di finanziamento", "Funding decree", required=True),
        column("window", "integer", "Finestra", "Window"),
        text("decree", "Decreto", "Decree"),
        column("cup", it="CUP", en="CUP", pattern=r"^[A-Z]\d{2}[A-Z0-9]\d{11}$"),
        column("amount", "number", "Importo", "Amount", unit="EUR", minimum=0),
        column("state", it="Stato", en="State", enum=["assigned", "paid", "renounced"]),
        day("state_on", "Data dello stato", "Date of the state"),
        day("snapshot_on", "Giorno del file", "Day of the file", required=True),
    ),
    faults=(
        {
            "it": "Solo candidature finanziate: le altre domande non si vedono, quindi nessun tasso di successo.",
            "en": "Funded applications only: who applied in vain is not seen, so there is no success rate.",
        },
        {
            "it": "I file finiscono in giorni diversi, scritti in ogni riga; 8 avvisi su 24 non hanno righe.",
            "en": "Files end on different days, written in each row; 8 calls of 24 have no row.",
        },
        {
            "it": "Il file del cloud non ha la data dello stato.",
            "en": "The cloud file has no date of the state.",
        },
    ),
)
PROJECTS = Resource(
    name="regis_projects",
    title={"it": "Progetti PNRR con pagamenti (ReGiS)", "en": "PNRR projects with payments (ReGiS)"},
    publisher=DOMANI,
    url=DOMANI_URL,
    licence="cc-by-4.0",
    upstream=(DOMANI_FILES,),
    observed="{payments_on}",
    processing={
        "it": "Derivato: una riga per CUP, localizzazione unita ai pagamenti, ciascuna con il giorno del suo file.",
        "en": "Derived: one row a CUP, places joined to payments, each with the day of its file.",
    },
    key=("cup",),
    codes=(),
    fields=(
        column("cup", it="CUP", en="CUP"),
        column("submeasure", it="Submisura", en="Submeasure"),
        text("local_kind", "Sigla del codice locale", "Letters of the local code"),
        day("located_on", "Localizzazione al", "Places as of"),
        column("n_municipalities", "integer", "Comuni della provincia", "Municipalities of the province", minimum=0),
        column("whole_province", it="Intera provincia", en="Whole province", enum=YES_NO),
        day("payments_on", "Pagamenti al", "Payments as of"),
        column("local_projects", "integer", "Progetti locali", "Local projects", required=False, minimum=1),
        money("finance_pnrr", "Finanziamento PNRR", "PNRR financing", minimum=0),
        money("finance_total", "Finanziamento totale", "Total financing", minimum=0),
        money("paid_pnrr", "Pagato PNRR", "Paid, PNRR", minimum=0),
        money("paid_total", "Pagato in totale", "Paid in total", minimum=0),
    ),
    faults=(
        LICENCE_FAULT,
        {
            "it": "Il file dei pagamenti ha solo progetti con un pagamento: degli altri l'importo non è noto.",
            "en": "The payments file holds only projects with a payment: the amount of others is unknown.",
        },
        {
            "it": "Conta solo i comuni della provincia: un progetto può stare anche altrove.",
            "en": "Only municipalities of the province are counted: a project may also be elsewhere.",
        },
    ),
)
LOCATIONS = Resource(
    name="regis_locations",
    title={"it": "Dove sono i progetti PNRR (ReGiS)", "en": "Where PNRR projects are (ReGiS)"},
    publisher=DOMANI,
    url=DOMANI_URL,
    licence="cc-by-4.0",
    upstream=(DOMANI_FILES,),
    reference_date="2023-03-01",
    processing={"it": "Una riga per CUP e comune.", "en": "One row a CUP and municipality."},
    key=("cup", "istat_code"),
    fields=(
        column("cup", it="CUP", en="CUP"),
        code(),
        column("share", "number", "Quota dichiarata", "Stated share", required=False, minimum=0, maximum=1),
    ),
    faults=(
        LICENCE_FAULT,
        {
            "it": "La percentuale di localizzazione manca in questo rilascio: la colonna è vuota.",
            "en": "The share of localisation is absent from this release: the column is empty.",
        },
    ),
)
BENEFICIARIES = Resource(
    name="regis_beneficiaries",
    title={"it": "Tipo di beneficiario per submisura", "en": "Type of beneficiary by submeasure"},
    **BY_HAND,
    upstream=(CURATED_FILES,),
    observed="{date_checked}",
    processing={
        "it": "Attribuito a mano dal titolo.",
        "en": "Given by hand from the title.",
    },
    key=("submeasure", "local_kind"),
    codes=(),
    fields=(
        column("submeasure", it="Submisura", en="Submeasure"),
        text("local_kind", "Sigla del codice locale", "Letters of the local code"),
        column("beneficiary", it="Tipo di beneficiario", en="Type of beneficiary", enum=list(BENEFICIARY_TYPES)),
        column("title_it", it="Titolo", en="Title in Italian"),
        TO_VERIFY,
        day("date_checked", "Controllato il", "Checked on", required=True),
        column("source"),
    ),
)
PROCEDURES = Resource(
    name="pnrr_procedures",
    title={"it": "Procedure di attivazione del PNRR (PRATT)", "en": "Activation procedures of the PNRR"},
    publisher=DOMANI,
    url=DOMANI_URL,
    licence="cc-by-4.0",
    upstream=(DOMANI_FILES,),
    observed="{extracted_on}",
    processing={"it": "Titoli tagliati a 240 caratteri.", "en": "Titles cut at 240 characters."},
    key=("submeasure", "procedure"),
    codes=(),
    fields=(
        column("submeasure", it="Submisura", en="Submeasure"),
        column("procedure", it="Procedura", en="Procedure"),
        column("owner", it="Titolare", en="Owner"),
        column("kind", it="Tipo", en="Kind"),
        text("title_it", "Titolo", "Title in Italian"),
        money("amount", "Importo", "Amount"),
        money("committed", "Impegnato", "Committed"),
        money("available", "Disponibile", "Available"),
        column("projects", "integer", "Progetti", "Projects", required=False),
        money("admitted_cost", "Costo ammesso", "Admitted cost"),
        day("extracted_on", "Estratto il", "Extracted on", required=True),
    ),
    faults=(LICENCE_FAULT,),
)
SPENDING = Resource(
    name="pnrr_spending",
    title={"it": "Spesa dichiarata per submisura", "en": "Declared spending by submeasure"},
    publisher=DOMANI,
    url=DOMANI_URL,
    licence="cc-by-4.0",
    upstream=(DOMANI_FILES,),
    observed="{extracted_on}",
    processing={"it": "Come pubblicato.", "en": "As published."},
    key=("submeasure",),
    codes=(),
    fields=(
        column("submeasure", it="Submisura", en="Submeasure"),
        column("title_it", it="Titolo", en="Title in Italian"),
        column("owner", it="Titolare", en="Owner"),
        money("amount", "Importo", "Amount", minimum=0),
        money("spent", "Spesa dichiarata", "Declared spending"),
        day("extracted_on", "Estratto il", "Extracted on", required=True),
    ),
    faults=(LICENCE_FAULT,),
)
MILESTONES = Resource(
    name="pnrr_milestones",
    title={"it": "Traguardi e obiettivi del piano", "en": "Milestones and targets of the plan"},
    publisher=DOMANI,
    url=DOMANI_URL,
    licence="cc-by-4.0",
    upstream=(DOMANI_FILES,),
    reference_date="2025-03-31",
    processing={"it": "Senza le descrizioni estese.", "en": "Without the long descriptions."},
    key=("milestone", "submeasure"),
    codes=(),
    fields=(
        column("milestone", it="Traguardo od obiettivo", en="Milestone or target"),
        column("submeasure", it="Submisura", en="Submeasure"),
        column("kind", it="Tipo", en="Kind", enum=["milestone", "target"]),
        column("level", it="Livello", en="Level", enum=["EU", "national"]),
        column("name_it", it="Nome", en="Name in Italian"),
        text("goal", "Valore obiettivo", "Goal"),
        text("goal_unit", "Unità dell'obiettivo", "Unit of the goal"),
        column("quarter", it="Trimestre", en="Quarter", enum=["Q1", "Q2", "Q3", "Q4"]),
        column("year", "integer", minimum=2020),
    ),
    faults=(LICENCE_FAULT,),
)
