/* What a page can do beyond being read: sort tables, show where the reader is, print, explore a chart. None of it is needed. */
(() => {
  'use strict';
  const base = document.currentScript.src.replace(/[^/]*$/, '');
  const main = document.getElementById('main');
  const language = document.documentElement.lang;
  const collator = new Intl.Collator(language, { numeric: true });

  /* Tables: a button in each header; absent values stay last in both directions. */
  const key = cell => cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v === '' ? null : Number(cell.dataset.v);
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

  for (const button of document.querySelectorAll('button.print')) {
    button.parentElement.hidden = false;
    button.addEventListener('click', () => print());
  }
})();
