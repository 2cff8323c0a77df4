"""The story that `make demo` tells: a snapshot in, a notebook, an export out, and what is stopped.

Each chapter prints its evidence; a chapter that does not come out as it must ends the story.
"""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from orchestrator.demo.cast import Persona
from orchestrator.demo.cells import cell
from orchestrator.demo.data import DemoDataset, datasets
from orchestrator.demo.people import PEOPLE
from orchestrator.demo.place import Done, Place, tre
from orchestrator.demo.story import Step, Story, wait_until
from orchestrator.demo.visitor import Page, Socket, forms

T = TypeVar("T")
PROJECT = "light-chains"
OTHER = "mgus-outcomes"
CONTEXT = {
    "shows": "People and deaths by age group and light chain group.",
    "population": "All 7,874 people of the snapshot; groups with fewer than 10 are left out.",
    "control": "Every count of people, deaths and survivors is 10 or more.",
}
LEAKY = {
    "shows": "What a model was made of, and its results.",
    "population": "Forty people picked at random.",
    "control": "Pseudonyms removed, columns renamed and scaled.",
}
MENDED_CONTEXT = {
    "shows": "People and deaths by sex.",
    "population": "All 7,874 people of the snapshot.",
    "control": "Every count of people, deaths and survivors is 10 or more.",
}
DIFFERING_CONTEXT = {
    "shows": "People and deaths by age group and light chain group, without outliers.",
    "population": "The people of the snapshot with kappa below 10.",
    "control": "Every count of people, deaths and survivors is 10 or more.",
}
EXIT_NOT_ALLOWED, EXIT_TAMPERED = 4, 7
MANY_ROWS = 20
HALT_SECONDS = 2  # the promised deadline, design property 9, from when the command runs
_AFTER = re.compile(r"([\d.]+)\s+s\s+after")  # what the command says on a cluster
STEWARDS = {"northern-registry": "stella", "lakeside-institute": "sven"}
OWNERS = {"northern-registry": "odin", "lakeside-institute": "olga"}


class Tale:
    """The chapters, in order, and what they hand on to one another."""

    def __init__(self, place: Place, story: Story) -> None:
        """Nobody has signed in yet."""
        self.place = place
        self.settings = place.settings
        self.story = story
        self.cast = {person.handle: Persona(place.settings, person) for person in PEOPLE}
        self.snapshots: dict[str, str] = {}
        self.notebook: Socket | None = None
        self.downloaded = b""

    def tell(self) -> None:
        """All chapters.

        Errors: StoryFailed, or what a part raised, from the first chapter that fails.
        """
        self.identity()
        self.snapshots_published()
        self.permit()
        self.workspace()
        self.at_work()
        self.locked_in()
        self.rows_are_stopped()
        self.aggregate_passes()
        self.votes()
        self.download()
        self.difference_is_stopped()
        self.one_rule()
        self.halt()
        self.log()

    def close(self) -> None:
        """Everybody hangs up."""
        if self.notebook is not None:
            self.notebook.close()
        for persona in self.cast.values():
            persona.browser.close()

    def identity(self) -> None:
        """Everybody signs in; without a session nothing answers."""
        with self.story.step("People sign in at the identity provider") as step:
            anonymous = self.cast["rosa"].call("GET", "/api/me")
            step.require(anonymous.status == 403, "without a session the API says no", anonymous)
            for persona in self.cast.values():
                persona.sign_in()
                me = persona.api("/api/me")
                step.require(me["handle"] == persona.person.handle, f"{me['name']} is here", me)
            cookies = self.cast["rosa"].browser.cookies(_host(self.settings.control_url))
            step.require(list(cookies) == ["__Host-tre"], "one opaque __Host- cookie", cookies)

    def snapshots_published(self) -> None:
        """Two partners bring three tables; their asset owners admit them."""
        with self.story.step("Datasets are announced, verified, admitted, published") as step:
            for dataset in datasets():
                self._announce(dataset)
            for dataset in datasets():
                self._admit(dataset, step)

    def permit(self) -> None:
        """A project is applied for, reviewed from every seat, and granted."""
        with self.story.step("A permit is written, reviewed from every seat, and granted") as step:
            for slug, wanted in ((PROJECT, ("flchain", "mgus2")), (OTHER, ("mgus2",))):
                self._apply(slug, wanted)
                self._review(slug, step)
                self._accept(slug)

    def workspace(self) -> None:
        """The environment is provisioned, proved, and only then given data."""
        with self.story.step("The workspace is provisioned and isolation is proved") as step:
            found = self._wait(lambda: self._open(PROJECT), 120, "the workspace to open")
            probes = found["proof"]["probes"]
            held = [p for p in probes if p["outcome"] == "held"]
            step.require(len(probes) >= 24, f"{len(probes)} ways out were tried", found)
            step.require(
                found["proof"]["safe"], f"{len(held)} held beside a control that succeeded", found
            )
            for probe in probes:
                if probe["outcome"] != "held":
                    step.saw(f"{probe['outcome']}: {probe['id']}: {probe['evidence']}")
            step.require(
                found["mounted_at"] > found["proof"]["at"],
                "data was attached after the proof, not before",
                found,
            )
            self._wait(lambda: self._open(OTHER), 120, "the other workspace to open")

    def at_work(self) -> None:
        """The researcher is handed to her project's host and computes on the data."""
        with self.story.step("The researcher works in a JupyterHub notebook") as step:
            rosa = self.cast["rosa"]
            begun = time.monotonic()
            page = rosa.open_lab(PROJECT, 60 * self.place.patience)
            step.saw(f"from click to JupyterLab in {time.monotonic() - begun:.1f} s, {page.url}")
            cookies = rosa.browser.cookies(_host(page.url))
            step.require(
                set(cookies) <= {"__Host-tre", "__Host-tre-state"},
                "no cookie of Jupyter's reaches the browser",
                cookies,
            )
            policy = page.headers.get("content-security-policy", "")
            step.require("webrtc 'block'" in policy, "the gateway sets the page's policy", policy)
            self.notebook = rosa.notebook(PROJECT, 60 * self.place.patience)
            step.saw(f"from click to kernel in {time.monotonic() - begun:.1f} s")
            out = self.notebook.execute(cell("survival_table"))
            step.require("7874 people" in out, out.splitlines()[0] if out else "nothing", out)

    def locked_in(self) -> None:
        """The same notebook tries to get out."""
        with self.story.step("The same notebook tries to get out") as step:
            assert self.notebook is not None, "the chapter before opened it"
            out = self.notebook.execute(cell("escapes", self.place.ways_out()))
            tried: dict[str, list[str]] = json.loads(out.strip().splitlines()[-1])
            for name, (outcome, why) in tried.items():
                step.require(outcome == "closed", f"{name}: {why}", tried)

    def rows_are_stopped(self) -> None:
        """Rows of people are stopped, renamed and scaled or on a hidden sheet; mended they pass."""
        with self.story.step("Rows of people are stopped, in two disguises") as step:
            assert self.notebook is not None, "an earlier chapter opened it"
            self.notebook.execute(cell("workbook"))
            step.saw(self.notebook.execute(cell("leaky_export")).strip())
            said = self.notebook.execute("!tre check ~/outbox/leaky/model-input.csv")
            step.require("block" in said and "row" in said, "the pre-check says block", said)
            self._describe("leaky", dict.fromkeys(("model-input.csv", "results.xlsx"), LEAKY))
            self.notebook.execute("!tre submit leaky")
            request = self._request("rosa", "leaky", {"blocked"})
            self._named(step, request, "O19", "model-input.csv")
            self._named(step, request, "O28", "results.xlsx")
            self._named(step, request, "O19", "results.xlsx!/")
        with self.story.step("The same export, mended as the findings say, passes") as step:
            self._take_out(request, "model-input.csv")
            step.saw(self.notebook.execute(cell("mended_export")).strip())
            self._describe("leaky", {"results.xlsx": MENDED_CONTEXT})
            self.notebook.execute("!tre submit leaky")
            request = self._request("rosa", "leaky", {"in_review"})
            (file,) = request["files"]
            step.require(
                file["verdict"] == "pass", f"{file['path']}: {file['coverage']}", request["files"]
            )

    def _run_again(self, step: Step, content: bytes) -> None:
        """The record of the check leaves with the file, and comes to the same without a server."""
        beside = f"/api/requests/{self.survival['id']}"
        manifest = self.cast["rosa"].call("GET", f"{beside}/manifest").json()
        record = self.cast["rosa"].call("GET", f"{beside}/record").content
        digest = "sha256:" + hashlib.sha256(record).hexdigest()
        step.require(digest == manifest["record"], f"its record is {digest}", manifest)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "table.csv").write_bytes(content)
            (place / "record.json").write_bytes(record)
            for dataset in datasets():
                (place / dataset.slug).mkdir()
                (place / dataset.slug / dataset.file).write_bytes(dataset.content)
            sources = [w for one in datasets() for w in ("--source", str(place / one.slug))]
            again = ["--again", str(place / "record.json"), str(place / "table.csv")]
            run = tre(self.settings.environment(), ("check", *again, *sources))
        rules = len(json.loads(record)["files"][0]["rules"])
        step.require(
            run.returncode == 0,
            f"{rules} rules run again from the record, the source and the file: the same verdict",
            run.stdout + run.stderr,
        )

    def _take_out(self, request: dict[str, Any], path: str) -> None:
        """The author opens the next round and takes a file out of it."""
        here = f"/api/requests/{request['id']}"
        self.cast["rosa"].ask("POST", f"{here}/reopen")
        (file,) = [one for one in request["files"] if one["path"] == path]
        self.cast["rosa"].ask("DELETE", f"{here}/files/{file['id']}")

    def _named(self, step: Step, request: dict[str, Any], rule: str, where: str) -> None:
        """A rule must have stopped something there, with the rows named where it is about rows."""
        found = [
            one
            for file in request["files"]
            for one in file["findings"]
            if one["rule"] == rule and one["where"]["path"].startswith(where)
        ]
        step.require(found, f"{rule} speaks of {where}", request["files"])
        told, rows = found[0], found[0]["where"]["rows"]
        step.saw(f"{rule} {told['severity']} {told['where']['path']}: {told['evidence']}")
        step.saw(told["say"])
        if rule == "O19":
            step.require(
                told["severity"] == "block" and len(rows) >= MANY_ROWS,
                f"{len(rows)} rows named, the first are {rows[:8]}",
                told,
            )

    def aggregate_passes(self) -> None:
        """The table of groups passes the machine and goes to review."""
        with self.story.step("The table of groups passes the machine") as step:
            assert self.notebook is not None, "an earlier chapter opened it"
            self._describe("survival", {"survival.csv": CONTEXT})
            said = self.notebook.execute("!tre submit survival")
            step.saw(said.strip().splitlines()[-1] if said.strip() else "(silence)")
            request = self._request("rosa", "survival", {"in_review"})
            file = request["files"][0]
            step.require(
                file["verdict"] == "pass", f"{file['path']}: {file['coverage']}", request["files"]
            )
            self.survival = request
            step.saw(f"frozen as {file['digest']}")

    def votes(self) -> None:
        """One vote releases nothing; the author's and a member's are refused; two release."""
        with self.story.step("Two blind votes, by people outside the project") as step:
            for handle in ("rosa", "milo"):
                page = self._vote(handle, "approve")
                step.require(page.status == 403, f"{handle} may not vote: {_detail(page)}", page)
            first = self._vote("cora", "approve")
            step.require(first.status < 300, "the first checker approves", first.text)
            seen = self.cast["cyrus"].api(f"/api/requests/{self.survival['id']}")
            step.require(
                seen["state"] == "in_review" and "approve" not in json.dumps(seen["votes"]),
                "nothing is released, and the second checker cannot see the first vote",
                seen,
            )
            again = self._vote("cora", "approve")
            after = self.cast["cora"].api(f"/api/requests/{self.survival['id']}")
            step.require(
                after["state"] == "in_review",
                f"the first checker's second vote counts nothing ({again.status})",
                after,
            )
            second = self._vote("cyrus", "approve")
            step.require(second.status < 300, "the second checker approves", second.text)
            self.survival = self._request("rosa", "survival", {"released"})
            step.saw("released by re-hash and copy")

    def download(self) -> None:
        """What is downloaded is what was reviewed."""
        with self.story.step("The download is what was reviewed") as step:
            file = self.survival["files"][0]
            path = f"/api/requests/{self.survival['id']}/files/{file['id']}/download"
            page = self.cast["rosa"].call("GET", path)
            digest = "sha256:" + hashlib.sha256(page.content).hexdigest()
            step.require(digest == file["digest"], f"{len(page.content)} bytes, {digest}", page)
            self.downloaded = page.content
            step.saw(page.text.splitlines()[0])
            stranger = self.cast["sven"].call("GET", path)
            step.require(stranger.status in (403, 404), "nobody else gets it", stranger)
            self._run_again(step, page.content)

    def difference_is_stopped(self) -> None:
        """A table that is safe alone shows a few people beside the one that left before."""
        with self.story.step("A table that differs from a release by a few people") as step:
            assert self.notebook is not None, "an earlier chapter opened it"
            step.saw(self.notebook.execute(cell("nearly_the_same")).strip())
            name, file = "survival-again", "without-outliers.csv"
            said = self.notebook.execute(f"!tre check ~/outbox/{name}/{file}")
            step.require("block" not in said, "alone it passes the pre-check", said)
            self._describe(name, {file: DIFFERING_CONTEXT})
            self.notebook.execute(f"!tre submit {name}")
            request = self._request("rosa", name, {"in_review"})
            told = [f for f in request["files"][0]["findings"] if f["rule"] == "O14"]
            step.require(
                told and "survival.csv" not in json.dumps(told),
                f"the author is told: {told[0]['say'] if told else ''}",
                request,
            )
            seen = self.cast["cora"].api(f"/api/requests/{request['id']}")
            found = [f for f in seen["files"][0]["findings"] if f["rule"] == "O14"]
            step.require(
                found and "survival.csv" in found[0]["evidence"],
                f"checkers see: {found[0]['evidence'] if found else ''}",
                seen,
            )
            ballot = {
                "seat": "checker",
                "value": "approve",
                "reason": "It looks safe.",
                "digest": seen["files"][0]["subject"],
            }
            path = f"/api/requests/{request['id']}/files/{seen['files'][0]['id']}/votes"
            page = self.cast["cora"].call("POST", path, json=ballot)
            step.require(page.status == 422, f"nobody can approve it: {_detail(page)}", page)

    def one_rule(self) -> None:
        """A vote outside the rules is refused by page, API and command alike."""
        with self.story.step("One rule: page, API and command refuse alike") as step:
            rosa, request = self.cast["rosa"], self.survival["id"]
            file = self.survival["files"][0]
            page = rosa.browser.get(f"{self.settings.control_url}/requests/{request}")
            token = next(fields["csrf"] for _, fields in forms(page) if "csrf" in fields)
            body = {"seat": "checker", "value": "approve", "reason": "", "digest": file["subject"]}
            form = rosa.browser.post(
                f"{self.settings.control_url}/requests/{request}/files/{file['id']}/votes",
                data={**body, "csrf": token},
            )
            step.require(form.status == 403, f"page: {form.status}", form.text)
            answer = rosa.call(
                "POST", f"/api/requests/{request}/files/{file['id']}/votes", json=body
            )
            step.require(answer.status == 403, f"API: {answer.status} {_detail(answer)}", answer)
            run = self._command(
                "rosa", "vote", request, "approve", "--file", file["id"],
                "--digest", file["subject"], "--seat", "checker",
            )  # fmt: skip
            step.require(
                run.returncode == EXIT_NOT_ALLOWED,
                f"command: exit {run.returncode}: {run.stderr.strip().splitlines()[0]}",
                run.stdout + run.stderr,
            )

    def halt(self) -> None:
        """A halt closes what is open."""
        with self.story.step("A halt closes the open connection") as step:
            assert self.notebook is not None, "an earlier chapter opened it"
            alive = self.notebook.execute("print(6 * 7)")
            step.require("42" in alive, "the connection works", alive)
            begun = time.monotonic()
            self.place.operator("halt", "--help")
            start = time.monotonic() - begun
            seconds, done = self._halted()
            step.require(done.returncode == 0, done.stdout.strip().replace("\n", "; "), done.stderr)
            if told := _AFTER.findall(done.stdout):
                step.require(
                    max(map(float, told)) < HALT_SECONDS,
                    f"gateway and doors closed within {max(map(float, told)):.2f} s of the row",
                    done.stdout,
                )
                step.saw(f"the notebook's connection was gone {seconds:.1f} s after the command")
            else:
                step.require(
                    seconds < start + HALT_SECONDS,
                    f"closed {seconds:.2f} s after the command was typed; any command takes "
                    f"{start:.2f} s to start here",
                    seconds,
                )
            page = self.cast["rosa"].browser.get(f"{self.settings.project_url(PROJECT)}/")
            step.require(page.status == 403, "the project's address answers with the reason", page)
            self._wait(self._nothing_runs, 30, "the servers to be gone")
            step.saw("no server of the project runs any more")

    def log(self) -> None:
        """The log is what was signed; a copy with one byte flipped is found out."""
        with self.story.step("The log is verified, and a flipped byte is found") as step:
            step.saw(self._wait(self._verified, 90, "a checkpoint over the whole log"))
            with self.place.altered_log() as copy:
                bad = self.place.operator("audit", "verify", "--database", copy)
            step.require(bad.returncode == EXIT_TAMPERED, bad.stderr.strip(), bad.stdout)

    # parts of chapters

    def _describe(self, name: str, words: dict[str, dict[str, str]]) -> None:
        """The author says what each file shows, in a file beside them."""
        assert self.notebook is not None, "an earlier chapter opened it"
        self.notebook.execute(
            f"import pathlib; (pathlib.Path.home() / 'outbox' / {name!r} / 'context.json')"
            f".write_text({json.dumps(words)!r})"
        )

    def _announce(self, dataset: DemoDataset) -> None:
        steward = self.cast[STEWARDS[dataset.partner]]
        answer = steward.ask(
            "POST",
            "/api/snapshots",
            json={
                "dataset": dataset.slug,
                "label": dataset.label,
                "title": dataset.title,
                "summary": dataset.summary,
                "dictionary": json.dumps(dataset.dictionary),
            },
        )
        snapshot = answer["id"]
        steward.ask(
            "PUT", f"/api/snapshots/{snapshot}/files/{dataset.file}", content=dataset.content
        )
        steward.ask("POST", f"/api/snapshots/{snapshot}/finish", json={"files": 1})
        self.snapshots[dataset.slug] = snapshot

    def _admit(self, dataset: DemoDataset, step: Step) -> None:
        owner = self.cast[OWNERS[dataset.partner]]
        path = f"/api/snapshots/{self.snapshots[dataset.slug]}"
        found = self._await(owner, path, {"proposed", "rejected"})
        step.require(found["state"] == "proposed", f"{dataset.slug}: verified", found)
        vote = {"seat": found["seats"][0], "value": "approve", "digest": found["subject"]}
        announcer = self.cast[STEWARDS[dataset.partner]].call("POST", f"{path}/votes", json=vote)
        step.require(announcer.status == 403, "its announcer may not admit it", announcer)
        owner.ask("POST", f"{path}/votes", json=vote)
        found = self._await(owner, path, {"published", "rejected"})
        step.require(
            found["state"] == "published",
            f"{dataset.slug} {dataset.label}: {_rows(found):,} rows, {found['digest']}",
            found,
        )

    def _apply(self, slug: str, wanted: Sequence[str]) -> None:
        now = datetime.now(UTC)
        lena = self.cast["lena"]
        lena.ask(
            "POST",
            "/api/projects",
            json={
                "slug": slug,
                "title": f"Light chains and survival ({slug})",
                "purpose": "Whether serum free light chains predict survival in the population, "
                "beyond age, sex and kidney function.",
                "lay_summary": "Small proteins in the blood may tell early who becomes ill. We ask "
                "whether people with many of them live shorter lives. We look at groups of "
                "people only and never at a single person. The result may help doctors decide "
                "whom to see more often.",
                "starts_at": (now - timedelta(hours=1)).isoformat(),
                "ends_at": (now + timedelta(days=365)).isoformat(),
                "datasets": list(wanted),
                "members": ["rosa", "milo"],
                "prestart": slug == OTHER,
            },
        )
        lena.ask("POST", f"/api/projects/{slug}/submit")

    def _review(self, slug: str, step: Step) -> None:
        for handle in ("odin", "olga", "mara", "lotte"):
            page = self.cast[handle].call("GET", f"/api/projects/{slug}")
            if page.status >= 400:
                continue  # this partner's data is not asked for
            for seat in page.json()["my_seats"]:
                vote = {"seat": seat, "value": "approve", "digest": page.json()["subject"]}
                self.cast[handle].ask("POST", f"/api/projects/{slug}/votes", json=vote)
                step.saw(f"{slug}: {self.cast[handle].person.name} fills the seat {seat}")
        found = self._await(self.cast["lena"], f"/api/projects/{slug}", {"active", "declined"})
        step.require(found["state"] == "active", f"{slug}: permit {found['permit_digest']}", found)

    def _accept(self, slug: str) -> None:
        for handle in ("lena", "rosa", "milo"):
            self.cast[handle].ask("POST", f"/api/projects/{slug}/membership/accept")

    def _open(self, slug: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.cast["ada"].api(f"/api/projects/{slug}/workspace")
        return found if found["state"] == "open" else None

    def _halted(self) -> tuple[float, Done]:
        """Halt the project; the seconds until the notebook's connection closed, and the command."""
        assert self.notebook is not None, "an earlier chapter opened it"
        with ThreadPoolExecutor(1) as hands:
            begun = time.monotonic()
            command = hands.submit(self.place.operator, "halt", PROJECT)
            while self.notebook.receive(10 * self.place.patience) is not None:
                pass
            return time.monotonic() - begun, command.result()

    def _wait(self, look: Callable[[], T | None], seconds: float, what: str) -> T:
        return wait_until(look, seconds * self.place.patience, what)

    def _request(self, handle: str, name: str, states: set[str]) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            persona = self.cast[handle]
            mine = [r for r in persona.api("/api/requests") if r["name"] == name]
            if not mine or mine[0]["state"] not in states:
                return None
            found: dict[str, Any] = persona.api(f"/api/requests/{mine[0]['id']}")
            return found

        return self._wait(look, 60, f"the request {name} to be {' or '.join(sorted(states))}")

    def _vote(self, handle: str, value: str) -> Page:
        file = self.survival["files"][0]
        return self.cast[handle].call(
            "POST",
            f"/api/requests/{self.survival['id']}/files/{file['id']}/votes",
            json={"seat": "checker", "value": value, "digest": file["subject"]},
        )

    def _command(self, handle: str, *arguments: str) -> Done:
        minted = self.cast[handle].ask(
            "POST", "/api/tokens", json={"days": 1, "scopes": ["airlock.*"]}
        )
        return tre({**self.settings.environment(), "TRE_API_TOKEN": minted["token"]}, arguments)

    def _verified(self) -> str | None:
        run = self.place.operator("audit", "verify", "--json")
        if run.returncode != 0:
            return None
        found = json.loads(run.stdout)
        if found["unprotected"] > 0 and found["checkpoints"] == 0:
            return None
        return (
            f"{found['size']} entries, {found['checkpoints']} signed checkpoints, "
            f"{found['unprotected']} newer than the last, root {found['root'][:16]}…"
        )

    def _nothing_runs(self) -> bool | None:
        found = self.cast["ada"].api(f"/api/projects/{PROJECT}/workspace")
        return True if all(s["observed"] == "stopped" for s in found["servers"]) else None

    def _await(self, persona: Persona, path: str, states: set[str]) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = persona.api(path)
            return found if found["state"] in states else None

        return self._wait(look, 60, f"{path} to be {' or '.join(sorted(states))}")


def _rows(snapshot: dict[str, Any]) -> int:
    return sum(int(table["rows"]) for table in snapshot["facts"]["tables"])


def _host(url: str) -> str:
    return url.split("//", 1)[1].split("/", 1)[0]


def _detail(page: Page) -> str:
    return str(page.json().get("detail", ""))
