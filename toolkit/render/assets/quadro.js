/* What a page can do beyond being read: sort tables, show where the reader is, print, explore a chart. None of it is needed. */
(() => {
  'use strict';
  const base = document.currentScript.src.replace(/[^/]*$/, '');
  const main = document.getElementById('main');
  const language = document.documentElement.lang;
  const collator = new Intl.Collator(language, { numeric: true });

  /* Tables: a button in each header; absent values stay last in both directions. */
  const [decimal, thousands] = language === 'it' ? [',', '.'] : ['.', ','];
  const number = text => Number(text.replaceAll(thousands, '').replace(decimal, '.').replace('\u2212', '-').replace(/[^\d.-]/g, ''));
  const key = cell => cell.classList.contains('absent') ? null
    : cell.dataset.v !== undefined ? Number(cell.dataset.v)
    : cell.classList.contains('n') ? number(cell.firstChild.textContent) : cell.textContent.trim();
  const compare = (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(a, b);
  const sort = (table, header, index) => {
    const descending = header.getAttribute('aria-sort') === 'ascending';
    for (const other of table.tHead.querySelectorAll('th')) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const rows = [...body.rows].map(row => ({ row, key: key(row.cells[index]) }));
    rows.sort((one, other) => one.key === null || other.key === null
      ? (one.key === null) - (other.key === null)
      : (descending ? -1 : 1) * compare(one.key, other.key));
    body.append(...rows.map(({ row }) => row));
    said.textContent = `${header.textContent.trim()}: ${descending ? main.dataset.descending : main.dataset.ascending}`;
  };
  const said = document.createElement('p');
  said.className = 'unseen';
  said.setAttribute('role', 'status');
  document.body.append(said);
  for (const table of document.querySelectorAll('table[data-sortable]')) {
    [...table.tHead.rows[0].cells].forEach((header, index) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.title = main.dataset.sort;
      button.append(...header.childNodes);
      button.addEventListener('click', () => sort(table, header, index));
      header.replaceChildren(button);
    });
  }

  /* Contents: the section that is being read. */
  const links = new Map([...document.querySelectorAll('.contents a')].map(link => [decodeURIComponent(link.hash.slice(1)), link]));
  const sections = [...links.keys()].map(id => document.getElementById(id)).filter(Boolean);
  const spy = () => {
    const here = sections.findLast(section => section.getBoundingClientRect().top < innerHeight * 0.3) || sections[0];
    for (const [id, link] of links) {
      if (here && id === here.id) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };
  let waiting = false;
  addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; spy(); });
  }, { passive: true });
  spy();

  /* Charts: Vega is loaded when a reader asks for it, without `eval`; shared data come as scripts, never by request. */
  const loaded = new Map();
  const load = address => {
    if (!loaded.has(address)) loaded.set(address, new Promise((done, failed) => {
      const script = document.createElement('script');
      script.src = address;
      script.onload = done;
      script.onerror = () => { loaded.delete(address); failed(new Error(address)); };
      document.head.append(script);
    }));
    return loaded.get(address);
  };
  const named = spec => JSON.stringify(spec).includes('"name":"boundaries"');
  const told = async figure => {
    const carried = figure.querySelector('script.spec');
    if (carried) return JSON.parse(carried.textContent);
    await load(main.dataset.charts);
    return window.quadroCharts[figure.id];
  };
  const explore = async (button, figure) => {
    const plot = figure.querySelector('.plot');
    const drawn = figure.querySelector('.plot svg');
    const live = document.createElement('div');
    live.className = 'live';
    button.disabled = true;
    try {
      const specs = await told(figure);
      const spec = structuredClone(specs.spec);
      await load(base + 'vega.js');
      if (named(spec)) {
        await load(base + 'boundaries.js');
        spec.datasets = { ...spec.datasets, boundaries: window.quadroBoundaries };
      }
      plot.append(live);
      if (typeof spec.width === 'number') {
        spec.width = Math.min(spec.width, live.clientWidth);
        if (typeof spec.height !== 'number') spec.height = drawn.viewBox.baseVal.height; // steps cannot be fitted
      }
      await window.vegaEmbed(live, spec, { ...specs.locale, renderer: 'svg', actions: false, ast: true, tooltip: { theme: 'light' }, config: { aria: false } });
    } catch {
      live.remove();
      button.disabled = false;
      said.textContent = main.dataset.unexplored;
      return;
    }
    const chart = live.querySelector('svg');
    for (const part of chart.querySelectorAll('[role], [aria-label], [aria-roledescription], [tabindex]'))
      for (const name of ['role', 'aria-label', 'aria-roledescription', 'tabindex']) part.removeAttribute(name);
    chart.setAttribute('role', 'img');
    chart.setAttribute('aria-label', (drawn.querySelector('title') || drawn).textContent);
    for (const still of plot.querySelectorAll('.wide, .narrow')) still.hidden = true;
    figure.querySelector('figcaption').setAttribute('tabindex', '-1');
    figure.querySelector('figcaption').focus();
    button.remove();
  };
  for (const button of document.querySelectorAll('button.explore')) {
    const figure = document.getElementById(button.dataset.figure);
    button.hidden = false;
    button.addEventListener('click', () => explore(button, figure));
  }

  for (const button of document.querySelectorAll('button.print')) {
    button.parentElement.hidden = false;
    button.addEventListener('click', () => print());
  }
})();
