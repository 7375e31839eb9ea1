"""Schemas and provenance of the tables of calls, with the vocabularies they use."""

from __future__ import annotations

from typing import Any

from toolkit.sources.resource import Resource, column

PROGRAMMES = (
    "pnrr",
    "national",
    "metropolitan_plan",
    "conto_termico",
    "pr_fesr_lombardia",
    "pn_metro_plus",
    "european_urban_initiative",
    "lombardia",
    "fsc",
)
TOPICS = ("training_labour", "energy_circular", "planning_regeneration", "mobility_smart_city", "other")
FLAGS = ("energy_community", "cycling", "missing_from_list")
INSTRUMENTS = ("lump_sum", "project_grant", "automatic", "fund", "programming", "catalogue", "")
OFFICES = (
    "digital_transition",
    "public_works",
    "planning",
    "environment_energy",
    "mobility",
    "education",
    "culture_sport",
    "finance",
)
APPLICANTS = (
    "municipality",
    "municipality_group",
    "municipality_union",
    "metropolitan_city",
    "province",
    "region",
    "school",
    "university",
    "health",
    "central_body",
    "other_body",
    "waste_authority",
    "energy_community",
    "third_sector",
    "citizen",
    "firm",
)
STATES = (
    "draft",
    "announced",
    "published",
    "closed",
    "archived",
    "terminated",
    "awarded",
    "suspended",
    "standing",
    "automatic",
    "left_plan",
    "programmed",
    "catalogue",
)
RULE_FIELDS = (
    "applicant",
    "population",
    "member_population",
    "group_population",
    "istat_code",
    "region",
    "metropolitan_city",
    "live_grant_same_line",
    "ivsm",
    "chief_town",
    "university_seat",
    "historic_village",
    "sports_federation_interest",
    "no_waste_authority",
    "nursery_coverage",
    "children_0_2",
    "listed_in_annex",
    "expressed_interest",
)
OPERATORS = ("one_of", "is", "at_least", "above", "at_most", "below")
FIELDS = (
    *RULE_FIELDS,
    "opens_on",
    "closes_on",
    "endowment",
    "state",
    "outcome",
    "applicants",
    "grant_max",
    "population_reference",
)
YES_NO = ["yes", "no"]

PAD = "Dipartimento per la trasformazione digitale"
PAD_URL = "https://github.com/teamdigitale/padigitale2026-opendata"
PAD_FILES = "github.com/teamdigitale/padigitale2026-opendata"
CURATED_FILES = "data/curated (named source in each row)"
CURATED = {"it": "Quadro (fonti nominate in ogni riga)", "en": "Quadro (sources named in each row)"}
CURATED_URL = "https://www.italiadomani.gov.it/"
BY_HAND: dict[str, Any] = {
    "publisher": CURATED,
    "url": CURATED_URL,
    "licence": "cc-by-4.0",
    "named": "source",
    "parts": (("PA digitale 2026", PAD, PAD_URL),),
}
"""Rows collected by hand, each with its sources, and those of PA digitale among them."""


def money(name: str, it: str, en: str, **rules: Any) -> dict[str, Any]:
    """A column of euro, empty where unknown."""
    return column(name, "number", it, en, unit="EUR", required=False, **rules)


def text(name: str, it: str, en: str) -> dict[str, Any]:
    """A column of text that may be empty."""
    return column(name, it=it, en=en, required=False)


def day(name: str, it: str, en: str, required: bool = False) -> dict[str, Any]:
    """A column of ISO dates."""
    return column(name, "date", it, en, required=required)


CALL = column("call", it="Avviso", en="Call", pattern=r"^[a-z0-9.-]+$")
TO_VERIFY = column("to_verify", it="Da verificare", en="To be verified", enum=YES_NO)
CALLS = Resource(
    name="calls",
    title={"it": "Avvisi del PNRR e programmi successivi", "en": "Calls of the PNRR and programmes after it"},
    **BY_HAND,
    upstream=(PAD_FILES, CURATED_FILES),
    observed="{last_observed_on}",
    processing={
        "it": "Derivato: 57 avvisi di PA digitale 2026, ogni titolo ricondotto al suo avviso; altri avvisi e programmi "
        "raccolti a mano dalle fonti nominate; tema e ufficio sono nostri.",
        "en": "Derived: 57 calls of PA digitale 2026, titles brought back to one call each; other calls and programmes "
        "collected by hand from the sources named; topic and office are ours.",
    },
    key=("call",),
    codes=(),
    fields=(
        CALL,
        column("programme", it="Programma", en="Programme", enum=list(PROGRAMMES)),
        column("measure", it="Misura", en="Measure", required=False, pattern=r"^M\d.*$"),
        text("line", "Linea di PA digitale", "Line of PA digitale"),
        column("title_it", it="Titolo", en="Title in Italian"),
        column("title_en", it="Titolo in inglese", en="Title in English"),
        column("owner", it="Titolare", en="Owner"),
        column("applicants", it="Chi può fare domanda", en="Who may apply"),
        column("municipalities_only", it="Solo comuni", en="Municipalities only", enum=YES_NO),
        column("topic", it="Tema", en="Topic", enum=list(TOPICS)),
        text("flags", "Segni particolari", "Flags"),
        column("instrument", it="Strumento", en="Instrument", required=False, enum=list(INSTRUMENTS)),
        column("office", it="Ufficio suggerito", en="Suggested office", enum=list(OFFICES)),
        day("first_observed_on", "Prima osservazione", "First observation", required=True),
        day("last_observed_on", "Ultima osservazione", "Last observation", required=True),
        day("applications_observed_until", "Candidature osservate fino al", "Applications observed until"),
        text("note_it", "Nota", "Note in Italian"),
        text("note_en", "Nota in inglese", "Note in English"),
        column("source"),
        day("date_checked", "Controllato il", "Checked on", required=True),
        text("to_verify", "Campi da verificare", "Fields to be verified"),
    ),
    faults=(
        {
            "it": "Di un avviso si sa da quando lo si osserva: che cosa fosse prima non è noto.",
            "en": "A call is known from its first observation: what it was before is not known.",
        },
        {
            "it": "I 60 titoli pubblicati sono 57 avvisi: di uno cambiarono le virgolette, di un altro un refuso.",
            "en": "The 60 published titles are 57 calls: one changed its quotes, another had a misprint.",
        },
    ),
)
HISTORY = Resource(
    name="calls_history",
    title={"it": "Storia degli avvisi: che cosa si sapeva e quando", "en": "History of calls: what was known and when"},
    **BY_HAND,
    upstream=(f"{PAD_FILES}: data/avvisi.csv, all versions", CURATED_FILES),
    observed="{observed_on}",
    processing={
        "it": "Derivato: le variazioni di data/avvisi.csv, e gli stati noti degli altri avvisi.",
        "en": "Derived: the changes of data/avvisi.csv, and the known states of other calls.",
    },
    key=("call", "observed_on"),
    codes=(),
    fields=(
        CALL,
        day("observed_on", "Osservato il", "Observed on", required=True),
        day("opens_on", "Apertura", "Opening"),
        day("closes_on", "Chiusura", "Closing"),
        column("precision", it="Precisione delle date", en="Precision of dates", enum=["day", "month", "year"]),
        column("state", it="Stato pubblicato", en="Published state", enum=list(STATES)),
        money("endowment", "Dotazione", "Endowment", minimum=0),
        text("title_as_published", "Titolo come pubblicato", "Title as published"),
        column("source"),
    ),
)
RULES = Resource(
    name="calls_rules",
    title={"it": "Chi può fare domanda: una regola per riga", "en": "Who may apply: one rule a row"},
    **BY_HAND,
    upstream=(PAD_FILES, CURATED_FILES),
    observed="{observed_on}",
    processing={
        "it": "Raccolte a mano dalle fonti nominate; le regole «osservate» sono lette nelle candidature finanziate.",
        "en": "Collected by hand from the sources named; «observed» rules are read in the funded applications.",
    },
    key=("call", "rule_id"),
    codes=(),
    fields=(
        CALL,
        column("rule_id", it="Regola", en="Rule id"),
        text("alternative", "Alternativa", "Alternative"),
        column("rule", it="Che cosa", en="What", enum=list(RULE_FIELDS)),
        column("operator", it="Confronto", en="Comparison", enum=list(OPERATORS)),
        column("value", it="Valore", en="Value"),
        day("population_reference", "Data della popolazione", "Reference date of population"),
        column("valid_from", "date", required=False),
        column("valid_to", "date", required=False),
        day("observed_on", "Nota dal", "Known from", required=True),
        column("basis", it="Fondamento", en="Basis", enum=["stated", "observed"]),
        column("source"),
        TO_VERIFY,
    ),
    faults=(
        {
            "it": "Di quasi tutte le soglie le fonti non dicono la data della popolazione: la colonna è vuota.",
            "en": "For almost all thresholds the sources give no reference date of population: the column is empty.",
        },
    ),
)
AMOUNTS = Resource(
    name="calls_amounts",
    title={"it": "Importi e quote degli avvisi per classe", "en": "Amounts and shares of calls by class"},
    **BY_HAND,
    upstream=(CURATED_FILES,),
    observed="{observed_on}",
    processing={"it": "Raccolti a mano dalle fonti nominate.", "en": "Collected by hand from the sources named."},
    key=("call", "band"),
    codes=(),
    fields=(
        CALL,
        column("band", "integer", "Fascia", "Band"),
        column("population_min", "integer", "Abitanti da", "Residents from", required=False, minimum=0),
        column("population_max", "integer", "Abitanti fino a", "Residents to", required=False, minimum=0),
        column("grant_share", "number", "Quota coperta", "Share covered", required=False, minimum=0, maximum=1),
        money("grant_min", "Contributo minimo", "Smallest grant", minimum=0),
        money("grant_max", "Contributo massimo", "Largest grant", minimum=0),
        money("project_min", "Progetto minimo", "Smallest project", minimum=0),
        money("project_max", "Progetto massimo", "Largest project", minimum=0),
        column("unit", it="Unità di conto", en="Unit of count", enum=["EUR", "EUR/kW"]),
        column("per", it="Per", en="Per", enum=["project", "year", "cost_ceiling"]),
        text("condition", "Condizione", "Condition"),
        day("observed_on", "Ultima osservazione", "Last observation", required=True),
        column("source"),
    ),
)
LUMP_SUMS = Resource(
    name="lump_sums",
    title={"it": "Importi forfettari di PA digitale per classe", "en": "Lump sums of PA digitale by class"},
    **BY_HAND,
    upstream=(CURATED_FILES, PAD_FILES),
    observed="{population_reference}",
    processing={
        "it": "Importi dichiarati da una fonte, o letti negli importi finanziati e controllati su tutti i comuni; per "
        "il cloud solo il massimo osservato.",
        "en": "Amounts stated by a source, or read in the funded amounts and checked against all municipalities; for "
        "cloud only the largest amount observed.",
    },
    key=("line", "component", "population_class"),
    codes=(),
    fields=(
        column("line", it="Linea", en="Line"),
        column("component", it="Componente", en="Component", enum=["site", "service", "package"]),
        column("population_class", it="Classe di abitanti", en="Population class"),
        column("population_min", "integer", "Abitanti da", "Residents from", minimum=0),
        column("population_max", "integer", "Abitanti fino a", "Residents to", required=False),
        column("amount", "number", "Importo", "Amount", unit="EUR", minimum=0),
        column("unit", it="Unità di conto", en="Unit of count", enum=["EUR"]),
        column("max_units", "integer", "Unità al massimo", "Units at most", required=False, minimum=1),
        column("optional", it="Facoltativa", en="Optional", enum=YES_NO),
        day("population_reference", "Data della popolazione", "Reference date of population", required=True),
        column("basis", it="Fondamento", en="Basis", enum=["stated", "inferred", "observed_maximum"]),
        column("source"),
    ),
    faults=(
        {
            "it": "Vicino a una soglia gli avvisi usarono popolazioni provvisorie: mostrare entrambe le classi.",
            "en": "Near a threshold the calls used provisional populations: show both classes.",
        },
        {
            "it": "L'avviso ANNCSU ha sette importi che non seguono la popolazione: non è modellato.",
            "en": "The ANNCSU call has seven amounts that do not follow population: it is not modelled.",
        },
    ),
)
CALENDAR = Resource(
    name="pnrr_calendar",
    title={"it": "Scadenze del piano", "en": "Dates of the plan"},
    **BY_HAND,
    upstream=(CURATED_FILES,),
    observed="{date_checked}",
    processing={"it": "Raccolte a mano dalle fonti nominate.", "en": "Collected by hand from the sources named."},
    key=("event",),
    codes=(),
    fields=(
        column("event", it="Evento", en="Event"),
        day("date", "Data", "Date", required=True),
        column("state", it="Stato", en="State", enum=["done", "passed", "outcome_not_known"]),
        column("title_it", it="Titolo", en="Title in Italian"),
        column("title_en", it="Titolo in inglese", en="Title in English"),
        column("source"),
        day("date_checked", "Controllato il", "Checked on", required=True),
    ),
)
FACTS = Resource(
    name="pnrr_facts",
    title={"it": "Cifre nazionali del piano", "en": "National figures of the plan"},
    **BY_HAND,
    upstream=(CURATED_FILES,),
    observed="{date}",
    processing={"it": "Raccolte a mano dalle fonti nominate.", "en": "Collected by hand from the sources named."},
    key=("fact",),
    codes=(),
    fields=(
        column("fact", it="Cifra", en="Figure"),
        column("value", "number", "Valore", "Value"),
        column("unit", it="Unità di conto", en="Unit of count", enum=["EUR", "years"]),
        day("date", "Data", "Date", required=True),
        column("source"),
    ),
)
