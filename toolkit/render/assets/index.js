/* Search of the index: each word typed must begin a word of the name, or the code; accents and apostrophes do not count. */
(() => {
  'use strict';
  const words = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const form = document.querySelector('.search');
  if (!form) return;
  const input = form.querySelector('input');
  const said = form.querySelector('.found');
  const map = document.querySelector('.map');
  const places = [...document.querySelectorAll('.place')].map(item => ({
    item, code: item.dataset.code, words: [...words(item.dataset.name), ...words(item.dataset.code)],
    shape: map && [...map.querySelectorAll('a[data-code]')].find(link => link.dataset.code === item.dataset.code),
  }));
  const matches = (place, typed) => typed.every(start => place.words.some(word => word.startsWith(start)));

  const search = () => {
    const typed = words(input.value);
    let count = 0;
    for (const place of places) {
      const match = matches(place, typed);
      place.item.hidden = !match;
      if (place.shape) place.shape.classList.toggle('lit', match && typed.length > 0);
      count += match;
    }
    if (map) map.classList.toggle('found', typed.length > 0);
    for (const group of document.querySelectorAll('.group')) group.hidden = !group.querySelector('.place:not([hidden])');
    const { none, one, many } = said.dataset;
    said.textContent = typed.length === 0 ? '' : count === 0 ? none : `${count} ${count === 1 ? one : many}`;
  };

  form.hidden = false;
  input.addEventListener('input', search);
  form.addEventListener('submit', event => {
    event.preventDefault();
    const shown = places.filter(place => !place.item.hidden);
    if (shown.length === 1) shown[0].item.querySelector('a')?.click();
  });
  for (const place of places) {
    place.shape?.addEventListener('pointerenter', () => place.item.classList.add('lit'));
    place.shape?.addEventListener('pointerleave', () => place.item.classList.remove('lit'));
  }
  if (input.value) search();
})();
