"""Settings of the notebook server. They tidy the menus and prevent accidents; nothing is claimed
from them, because the person in the notebook can change them: the boundaries are outside."""

import contextlib
import os
import site
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # for `tre_whose`, which lies beside this file

c = get_config()  # noqa: F821 - given by the program that reads this file

# A kernel looks only into folders that were there when it began: without this one, the first
# package that pip puts into a home would be found after a restart of the kernel only.
with contextlib.suppress(OSError):  # a home that is full still gets its server
    Path(site.getusersitepackages()).mkdir(parents=True, exist_ok=True)

c.ServerApp.open_browser = False
c.ServerApp.terminals_enabled = False
c.ServerApp.quit_button = False
c.ServerApp.allow_password_change = False
c.ServerApp.jpserver_extensions = {
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "tre_whose": True,
}

# A kernel that computes is never idle, a tab that somebody left open does not count as use. The
# server ends by itself once no kernel is left; whoever changes this keeps memory, and nothing more.
_idle = 60 * int(os.environ.get("TRE_IDLE_MINUTES", "0"))
c.MappingKernelManager.cull_idle_timeout = _idle
c.MappingKernelManager.cull_interval = max(1, min(300, _idle // 4))
c.MappingKernelManager.cull_busy = False
c.MappingKernelManager.cull_connected = True
c.ServerApp.shutdown_no_activity_timeout = _idle

c.HubOAuth.cache_max_age = 10  # seconds; a token that was ended is asked about again soon

c.ContentsManager.files_handler_class = None  # no /files/: nothing is served as a download
c.FileContentsManager.delete_to_trash = False

c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
