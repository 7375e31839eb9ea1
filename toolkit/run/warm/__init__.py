"""Notebooks in processes forked from a warm one.

A stock batch pays for each report the start of a kernel, the imports, and the shutdown. Here one single-threaded
process (`parent`) imports the libraries and loads what every report shares, once; then each notebook runs in a process
forked from it (`child`), through IPython's and ipykernel's own machinery (`shell`). `engine` is the papermill engine
`quadro-warm` for whoever runs papermill by hand; `machine` is the side of `quadro run`.

Nothing heavy is imported here.
"""
