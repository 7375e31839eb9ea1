"""A notebook that breaks careless engines, made in code: what an engine must do as papermill's own does."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from making import code, prose

CELLS = (
    "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "from IPython.display import HTML, JSON, Latex, Markdown, clear_output, display, update_display\n"
    "display(HTML('<b>1</b>'))\nprint('between')\ndisplay(Markdown('*x*'), JSON({'a': (1, 2), 3: None}), Latex('$x$'))\n42",
    "handle = display('old', display_id='first')\nhandle.update('new')",
    "handle.update('newer, from a later cell')",
    "print('gone')\nclear_output()\nprint('kept')",
    "print('gone at the next output')\nclear_output(wait=True)\nprint('kept')",
    "%%bash\necho from bash\necho to stderr 1>&2",
    "!echo from a shell",
    "%%capture caught\nprint('hidden')",
    "caught.stdout",
    "%%html\n<i>magic</i>",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "async def later():\n    await asyncio.sleep(0)\n    return 'a task'\ntask = asyncio.create_task(later())",
    "await task",
    "asyncio.get_running_loop().is_running()",
    "import os\nos.write(1, b'to the descriptor\\n')\nos.system('echo from a subprocess')\nimport time\ntime.sleep(1)  # a kernel reads its descriptors in a thread, in its own time",
    "import subprocess\nsubprocess.run(['sh', '-c', 'echo inherited; echo wrong 1>&2'], check=True).returncode\ntime.sleep(1)",
    "import threading\nthread = threading.Thread(target=lambda: print('from a thread'))\nthread.start()\nthread.join()",
    "import multiprocessing\nworker = multiprocessing.get_context('fork').Process(target=print, args=('from a fork',))\n"
    "worker.start()\nworker.join()\nworker.exitcode",
    "import warnings\nwarnings.warn('careful')",
    "import logging\nlogging.warning('logged')",
    "from IPython import get_ipython\ntype(get_ipython()).__name__, __name__, sys.modules['__main__'].__name__",
    "type(sys.stdout).__mro__[-2].__name__, sys.stdout.isatty(), sys.stdout.encoding",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "In[1][:6], len(Out) > 0, _[0] if isinstance(_, tuple) else _",
    "_oh[10] if 10 in _oh else None",
    "class Broken:\n    def _repr_html_(self):\n        raise ValueError('in repr')\n\nBroken()",
    "class Bundle:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'application/x.test+json': {'n': [1, 2.5, None, 'ù']}, 'text/plain': 'bundle'}, {'a': {'b': 1}}\n\nBundle()",
    "input('no client')",
    "x = 1;\nx;",
    "def nested(n):\n    return 1 / (n - n)\n\ntry:\n    nested(3)\nexcept ZeroDivisionError as error:\n"
    "    raise RuntimeError('chained') from error",
    "1 +",
    "raise KeyboardInterrupt",
    "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40), format='png')",
    "print('x' * 300_000)\n'y' * 100_000",
    "for number in range(2000):\n    print(number)",
    "[display({'text/plain': str(n)}, raw=True) for n in range(200)]\nNone",
    "%who_ls str",
    "import random, numpy\nrandom.seed(1), numpy.random.seed(1)\nrandom.random(), float(numpy.random.random())",
    "pd.options.display.max_rows, os.environ.get('MPLBACKEND'), sys.path[0] == ''",
    "%xmode Minimal\nassert False, 'short'",
    "del In\nquit_me = None",
)
FAILS = {26, 28, 30, 31, 32, 40}
"""Cells that may raise; the last one below raises where nothing allows it, and ends the notebook."""


def cells() -> list[dict[str, Any]]:
    """The cells of the notebook."""
    made = [prose("# Adversarial"), code("x: int = 1  # a parameter", "parameters")]
    made += [code(source, *(["raises-exception"] if number in FAILS else [])) for number, source in enumerate(CELLS)]
    return [*made, code("undefined_name"), code("'never'")]
