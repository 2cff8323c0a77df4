"""Settings of the notebook server. They tidy the menus and prevent accidents; nothing is claimed
from them, because the person in the notebook can change them: the boundaries are outside."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # for `tre_whose`, which lies beside this file

c = get_config()  # noqa: F821 - given by the program that reads this file

c.ServerApp.open_browser = False
c.ServerApp.terminals_enabled = False
c.ServerApp.quit_button = False
c.ServerApp.allow_password_change = False
c.ServerApp.jpserver_extensions = {
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "tre_whose": True,
}

c.HubOAuth.cache_max_age = 10  # seconds; a token that was ended is asked about again soon

c.ContentsManager.files_handler_class = None  # no /files/: nothing is served as a download
c.FileContentsManager.delete_to_trash = False

c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
