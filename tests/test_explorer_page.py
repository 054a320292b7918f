"""The explorer in a real browser. POSSE_SCREENSHOTS names a folder that keeps what was seen."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import posse
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytest.importorskip("panel", reason="Panel is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")]

ROOT = Path(__file__).parent.parent
LAPTOP, PROJECTOR = (1280, 720), (1920, 1080)
CELLS = """() => {
    const found = [...Bokeh.documents[0]._all_models.values()].filter((m) => m.name == 'cells').at(-1)?.data
    if (!found?.code.length) return null
    const text = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
    const code = found.code[0], [x, y, dw, dh] = ['x', 'y', 'dw', 'dh'].map((key) => Number(found[key][0]))
    return {codes: text(code), shown: text(found.shown[0]), shape: code.shape, x, y, dw, dh}
}"""


FLAWS = """() => {
    const found = []
    const look = (root) => root.querySelectorAll('*').forEach((e) => {
        if (e.shadowRoot) look(e.shadowRoot)
        const text = [...e.childNodes].some((n) => n.nodeType == 3 && n.textContent.trim())
        if (!text || e.textContent.length < 2 || ['STYLE', 'SCRIPT', 'OPTION'].includes(e.tagName)) return
        const style = getComputedStyle(e), box = e.getBoundingClientRect()
        if (!box.width) return
        if (parseFloat(style.fontSize) < 13) found.push('small: ' + e.textContent)
        if (e.scrollWidth > e.clientWidth + 1 && style.overflow != 'visible') found.push('cut: ' + e.textContent)
        if (box.left < 0 || box.right > innerWidth + 1) found.push('beyond the edge: ' + e.textContent)
    })
    look(document)
    return found
}"""


class Served:
    """`posse explore` at work; its address."""

    def __init__(self, what: Path) -> None:
        command = [sys.executable, "-m", "posse", "explore", str(what), "--no-browser", "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        said = self.process.stdout.readline()
        self.address = said.partition(": ")[0]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", self.address), said

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        """Press Ctrl-C, which ends it without a complaint."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=20)
        assert (self.process.returncode, "Traceback" in errors) == (0, False), errors


@pytest.fixture(scope="module")
def atlas() -> Iterator[Served]:
    with Served(ROOT / "examples" / "atlas.toml") as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """Open a page; at the end, nothing may have gone wrong in it, and nothing may have come from elsewhere."""
    complaints: list[str] = []
    contexts = []

    def visit(address: str, size: tuple[int, int] = LAPTOP) -> Any:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("request", lambda r: None if _is_here(r.url) else complaints.append(f"from elsewhere: {r.url}"))
        page.goto(address)
        page.get_by_text("cells in").wait_for()
        page.wait_for_timeout(600)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not complaints


def _is_here(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def cells(page: Any) -> Any:
    """The map that the browser holds: codes of shape (rows, columns), and where it lies; None where there is none."""
    found = page.evaluate(CELLS)
    if found is None:
        return None
    for name in ("codes", "shown"):
        found[name] = np.frombuffer(found[name].encode("latin-1"), dtype=np.uint8).reshape(found["shape"])
    return found


def require_solved(page: Any, **held: float) -> None:
    """The codes of some cells are those that posse.solve gives for the middles of these."""
    found = cells(page)
    rows, columns = found["shape"]
    rng = np.random.default_rng(0)
    row, column = rng.integers(rows, size=200), rng.integers(columns, size=200)
    low, high = found["y"], found["y"] + found["dh"]
    diversity = found["x"] + found["dw"] * (column + 0.5) / columns
    observer = low * (high / low) ** ((row + 0.5) / rows)
    solved = posse.solve("restraint", diversity=diversity, cap_observer=observer, **held)
    np.testing.assert_array_equal(found["codes"][row, column], solved.regime.values)
    assert len(np.unique(found["codes"])) > 1


def changed(page: Any, before: np.ndarray[Any, Any]) -> None:
    """Wait until the map is another."""
    for _ in range(100):
        now = cells(page)
        if now and (now["codes"].shape != before.shape or (now["codes"] != before).any()):
            page.wait_for_timeout(500)
            return
        page.wait_for_timeout(50)
    raise AssertionError("the map stays as it is")


def frame(page: Any) -> dict[str, float]:
    """Where the map lies on the screen, without its axes."""
    return page.evaluate("""() => {
        const figure = [...Bokeh.documents[0]._all_models.values()].find((m) => m.type == 'Figure')
        const view = Bokeh.index.find_one(figure)
        const at = view.canvas_view.el.getBoundingClientRect(), box = view.frame.bbox
        return {left: at.left + box.left, top: at.top + box.top, width: box.width, height: box.height}
    }""")


def at(page: Any, across: float, up: float) -> tuple[float, float]:
    """A place on the screen, by shares of the map."""
    box = frame(page)
    return box["left"] + across * box["width"], box["top"] + (1 - up) * box["height"]


def place(across: float, up: float) -> dict[str, float]:
    """The parameters at such a place of the first map."""
    return {"diversity": across, "cap_observer": 0.1 * 50**up}


def handle(page: Any, name: str) -> Any:
    """The handle of a slider."""
    return page.locator(".bk-input-group", has=page.locator(f".bk-slider-title:has-text('{name} ')")).locator(
        ".noUi-handle"
    )


def keep(page: Any, name: str, tmp_path: Path) -> None:
    folder = Path(os.environ.get("POSSE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def test_the_first_map_is_that_of_the_sweep(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    require_solved(page)
    box, (rows, columns) = frame(page), cells(page)["shape"]
    assert (columns, rows) == pytest.approx((box["width"], box["height"]), abs=1.5)
    shares = {row.strip().partition("\t")[0]: row for row in page.locator("table.legend tr").all_inner_texts()}
    assert len(shares) == 10
    codes = cells(page)["codes"]
    assert f"{100 * (codes == 6).mean():.0f} %" in shares["leader balancing"]


def test_a_slider_moves_the_map(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    before, picture = cells(page)["codes"], page.screenshot()
    knob = handle(page, "resolve")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    for step in range(30):
        page.mouse.move(box["x"] + 5 - 4 * step, box["y"] + 5)
    page.mouse.up()
    changed(page, before)
    resolve = float(page.locator(".bk-slider-title:has-text('resolve ')").inner_text().rpartition(":")[2])
    assert resolve < 0.5
    assert page.screenshot() != picture
    require_solved(page, resolve=resolve)
    print(page.get_by_text("cells in").inner_text())


def test_a_parameter_that_the_cube_fixes_moves_too(atlas: Served, visit: Any) -> None:
    page = visit(f"{atlas.address}?attrition=0.1&cap_partner=1.2")
    require_solved(page, attrition=0.1, cap_partner=1.2)


def test_the_pointer_is_told_what_lies_under_it(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    page.mouse.move(*at(page, 0.3, 0.5))
    page.get_by_text("Under the pointer").wait_for()
    page.mouse.move(*at(page, 0.2, 0.9))
    page.wait_for_timeout(500)
    solved = posse.solve("restraint", **place(0.2, 0.9))
    assert solved.regime.item() == 9
    meaning = next(f.meaning for f in posse.game("restraint").output("regime").flags if f.value == 9)
    page.locator(".bk-Tooltip").get_by_text(f"coalition balancing: {meaning}").wait_for()
    beside = page.locator("section, p", has_text="payoffs:").first.inner_text()
    for player in ("leader", "partner", "observer", "target"):
        shown = float(re.search(rf"{player}\s+([0-9.]+)", beside)[1])
        assert shown == pytest.approx(solved.payoff.sel(player=player).item(), abs=0.004)
    page.mouse.move(5, 5)
    page.get_by_text("At the cross").wait_for()


def test_two_points_are_pinned_and_compared(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    page.mouse.click(*at(page, 0.2, 0.9))
    page.get_by_role("heading", name="Pinned point").wait_for()
    assert "why no one deviates" in page.locator("section").inner_text()
    page.mouse.click(*at(page, 0.9, 0.1))
    page.get_by_role("heading", name="Pinned points").wait_for()
    rows = [line.split("\t") for line in page.locator("table.pins").inner_text().splitlines()]
    table = {row[0]: row[1:] for row in rows if len(row) == 3}
    assert [float(text) for text in table["diversity d"]] == pytest.approx([0.2, 0.9], abs=0.005)
    bold = page.locator("table.pins tr.differs th").all_inner_texts()
    assert set(bold) >= {"diversity d", "cap_observer m_O", "payoff of observer"}
    assert "resolve q" not in table
    for k, point in enumerate((place(0.2, 0.9), place(0.9, 0.1))):
        solved = posse.solve("restraint", **point).payoff.sel(player="observer").item()
        assert float(table["payoff of observer"][k]) == pytest.approx(solved, abs=0.004)
    assert "coalition balancing" in page.locator("table.pins").inner_text().replace("\n", " ")
    page.get_by_role("button", name="Clear the pins").click()
    page.get_by_text("Click on the map to pin a point").wait_for()


def test_a_link_restores_the_view(atlas: Served, visit: Any) -> None:
    page = visit(f"{atlas.address}?map.x=spoils&map.y=resolve&map.left=0.5&map.right=2&share=0.8")
    page.mouse.click(*at(page, 0.5, 0.5))
    page.get_by_role("heading", name="Pinned point").wait_for()
    page.wait_for_function("location.search.includes('pin.1')")
    link = page.get_by_role("link", name="link to this view")
    again = visit(atlas.address + link.get_attribute("href"))
    assert again.url == page.url
    first, second = cells(page), cells(again)
    for name in ("codes", "shown"):
        np.testing.assert_array_equal(first.pop(name), second.pop(name))
    assert first == second
    assert (first["x"], first["dw"]) == (0.5, 1.5)
    assert again.locator("table.pins").inner_text() == page.locator("table.pins").inner_text()


def test_a_closer_look_is_solved_anew(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    before = cells(page)
    page.mouse.move(*at(page, 0.3, 0.6))
    page.mouse.wheel(0, -600)
    changed(page, before["codes"])
    after = cells(page)
    assert 0 < after["dw"] < 0.9 * before["dw"]
    page.wait_for_url("**map.left=*")
    require_solved(page)


def test_other_axes_and_payoffs_as_colours(atlas: Served, visit: Any, tmp_path: Path) -> None:
    page = visit(atlas.address)
    before = cells(page)["codes"]
    page.get_by_label("across").select_option("resolve")
    changed(page, before)
    assert cells(page)["dw"] == 1
    page.wait_for_url("**map.x=resolve&*")
    page.get_by_label("upwards").select_option("resolve")  # they change places
    page.wait_for_function("location.search.includes('map.y=resolve&') || location.search.endsWith('map.y=resolve')")
    page.get_by_label("colour").select_option("payoff of leader")
    page.wait_for_function("location.search.includes('map.colour=payoff.leader')")
    page.wait_for_timeout(500)
    keep(page, "payoffs", tmp_path)
    shown = cells(page)["shown"]
    assert (shown.min(), shown.max()) == (1, 255)


def test_figures_that_were_replaced_are_let_go(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    models = "() => [...Bokeh.documents[0]._all_models.values()].map((model) => model.type).sort()"
    first, names = page.evaluate(models), ["cap leader", "resolve"]
    assert first.count("Figure") == 1
    for k in range(10):
        page.get_by_label("across").select_option(names[k % 2])
        page.wait_for_url(f"**map.x={names[k % 2].replace(' ', '_')}&*")
    page.wait_for_timeout(1500)
    assert page.evaluate(models) == first


def test_of_many_changes_at_once_the_last_is_shown(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    places = [at(page, 0.3 + 0.02 * k, 0.5) for k in range(12)]
    for k, place in enumerate(places):
        page.get_by_label("across").select_option(["cap leader", "resolve", "spoils"][k % 3])
        page.get_by_role("button", name=["Zoom in", "Right", "Whole map"][k % 3], exact=True).click()
        page.mouse.move(*place)
        page.mouse.wheel(0, -200)
    page.get_by_label("across").select_option("diversity")
    page.wait_for_url("**map.x=diversity&*")
    page.wait_for_timeout(1500)
    require_solved(page)
    again = visit(page.url)
    first, second = cells(page), cells(again)
    assert [first[name] for name in ("x", "dw", "y", "dh")] == [second[name] for name in ("x", "dw", "y", "dh")]


def test_an_axis_that_makes_room_comes_back_when_the_choice_moves_on(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    across = page.get_by_label("across")
    across.focus()
    for x, y in (("cap_observer", "diversity"), ("cap_leader", "cap_observer"), ("cap_partner", "cap_observer")):
        page.keyboard.press("ArrowDown")
        page.wait_for_url(f"**map.x={x}&map.y={y}*")


def test_what_lay_under_the_pointer_is_not_told_of_another_view(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    page.mouse.move(*at(page, 0.3, 0.6))
    page.get_by_text("Under the pointer").wait_for()
    page.mouse.wheel(0, -300)
    page.get_by_text("At the cross").wait_for()
    page.mouse.move(*at(page, 0.4, 0.5))
    page.get_by_text("Under the pointer").wait_for()
    page.get_by_label("across").select_option("resolve")
    page.get_by_text("At the cross").wait_for()


def test_beside_the_map_there_is_no_point(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    page.mouse.move(*at(page, 0.5, 0.5))
    page.get_by_text("Under the pointer").wait_for()
    page.mouse.move(*at(page, -0.05, 0.5))
    page.get_by_text("At the cross").wait_for()
    page.mouse.click(*at(page, -0.05, 0.5))
    page.mouse.click(*at(page, 0.5, 0.5))
    page.get_by_role("heading", name="Pinned point").wait_for()
    page.wait_for_url("**pin.1=*")
    assert "pin.2" not in page.url


def test_the_map_is_zoomed_and_moved_by_the_keyboard(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)

    def press(name: str) -> tuple[float, ...]:
        before = cells(page)["codes"]
        page.get_by_role("button", name=name, exact=True).press("Enter")
        changed(page, before)
        require_solved(page)
        left, right, bottom, top = page.evaluate("""() => {
            const {x_range, y_range} = [...Bokeh.documents[0]._all_models.values()].find((m) => m.type == 'Figure')
            return [x_range.start, x_range.end, y_range.start, y_range.end]
        }""")
        drawn = cells(page)
        assert [left, right - left, bottom, top - bottom] == [drawn[name] for name in ("x", "dw", "y", "dh")]
        return left, right, bottom, top

    low, high = 0.1, 5.0
    middle, quarter = (low * high) ** 0.5, (high / low) ** 0.25
    assert press("Zoom in") == pytest.approx((0.25, 0.75, middle / quarter, middle * quarter))
    assert press("Right") == pytest.approx((0.375, 0.875, middle / quarter, middle * quarter))
    up = quarter**0.5
    assert press("Up") == pytest.approx((0.375, 0.875, middle / quarter * up, middle * quarter * up))
    assert press("Left") == pytest.approx((0.25, 0.75, middle / quarter * up, middle * quarter * up))
    assert press("Down") == pytest.approx((0.25, 0.75, middle / quarter, middle * quarter))
    assert press("Zoom out") == pytest.approx((0, 1, low, high))
    press("Zoom in")
    assert press("Whole map") == (0, 1, low, high)


def test_the_wheel_leads_neither_out_of_the_domain_nor_into_nothing(atlas: Served, visit: Any) -> None:
    page = visit(atlas.address)
    page.mouse.move(*at(page, 0.3, 0.6))
    for _ in range(8):
        page.mouse.wheel(0, 500)
    page.wait_for_timeout(1500)
    assert (cells(page)["x"], cells(page)["dw"]) == (0, 1)
    require_solved(page)
    for _ in range(60):
        page.mouse.wheel(0, -500)
    page.wait_for_timeout(1500)
    found = cells(page)
    assert 1e-7 < found["dw"] < 1e-2
    assert found["y"] * (1 + 1e-7) < found["y"] + found["dh"] < found["y"] * (1 + 1e-2)
    again = visit(page.url)
    assert again.get_by_role("alert").count() == 0
    assert cells(again)["dw"] == pytest.approx(found["dw"])


def test_files_are_those_of_the_view(atlas: Served, visit: Any, tmp_path: Path) -> None:
    page = visit(f"{atlas.address}?resolve=0.4&map.left=0.1&map.right=0.6")
    for name in ("picture", "slice, NetCDF", "slice, CSV", "spec of the sweep"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name, exact=True).click()
        waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    spec = tomllib.loads((tmp_path / "sweep.toml").read_text())
    assert spec["fixed"]["resolve"] == 0.4
    wanted = posse.solve("restraint", resolve=0.4, **place(0.1, 0), dtype="float32")
    with xr.open_dataset(tmp_path / "slice.nc") as found:
        assert found.sizes["diversity"] == 401
        corner = found.sel(diversity=0.1, cap_observer=0.1)
        assert corner.regime.item() == wanted.regime.item()
        assert corner.payoff.values.tolist() == wanted.payoff.values.tolist()
    table = pd.read_csv(tmp_path / "slice.csv")
    assert (table.diversity.min(), table.diversity.max(), len(table)) == (0.1, 0.6, 401**2)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_the_keyboard_is_enough(atlas: Served, visit: Any, tmp_path: Path) -> None:
    page = visit(atlas.address)
    focused = "(function deep(e) { return e.shadowRoot?.activeElement ? deep(e.shadowRoot.activeElement) : e })"
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(f"() => {{ const e = {focused}(document.activeElement); return e.className + e.tagName }}")
        )
        if "noUi-handle" in seen[-1] and sum("noUi-handle" in one for one in seen) == 3:
            break
    assert sum("SELECT" in one for one in seen) == 3
    outline = page.evaluate(f"() => getComputedStyle({focused}(document.activeElement)).outlineStyle")
    assert outline == "solid"
    before = cells(page)["codes"]
    handle(page, "cap_leader").and_(page.get_by_role("slider", name="cap_leader m_L", exact=True)).wait_for()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    changed(page, before)
    keep(page, "keyboard", tmp_path)
    page.wait_for_url("**cap_leader=*")
    leader = float(re.search(r"cap_leader=([0-9.]+)", page.url)[1])
    assert leader > 1
    assert float(handle(page, "cap_leader").get_attribute("aria-valuetext")) == leader
    require_solved(page, cap_leader=leader)
    button = page.get_by_role("button", name="Pin this point")
    for _ in range(80):
        page.keyboard.press("Tab")
        if button.evaluate(f"(e) => e === {focused}(document.activeElement)"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pinned point").wait_for()


def test_a_broken_link_says_so_and_shows_the_first_view(atlas: Served, visit: Any, tmp_path: Path) -> None:
    page = visit(f"{atlas.address}?diversty=0.3&resolve=0.2")
    said = page.get_by_role("alert").inner_text()
    assert "unknown field of a link: 'diversty' (did you mean 'diversity'?)" in said
    require_solved(page)
    keep(page, "broken-link", tmp_path)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{atlas.address}export/slice.csv?diversity=7")
    assert refused.value.code == 400
    assert "diversity: 7 is not allowed" in refused.value.read().decode()
    refused.value.close()


def test_only_pages_of_this_machine_are_answered(atlas: Served) -> None:
    port = int(atlas.address.rstrip("/").rpartition(":")[2])
    here, evil = f"127.0.0.1:{port}", f"evil.example:{port}"
    socket = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 22,
    }
    asked: list[tuple[str, dict[str, str], bool]] = [
        *(
            (path, {"Host": evil}, False)
            for path in ("/", "/export/sweep.toml", "/autoload.js", "/metadata", "/nowhere")
        ),
        *(
            (path, {"Host": evil, "Origin": f"http://{evil}", **socket}, False)
            for path in ("/ws", "/static/js/bokeh.js")
        ),
        ("/", {"Host": "127.0.0.1"}, False),
        ("/", {"Host": here, "Origin": "null"}, False),
        ("/ws", {"Host": here, "Origin": f"http://{evil}", **socket}, False),
        ("/autoload.js?bokeh-autoload-element=1", {"Host": here}, False),
        ("/export/sweep.toml", {"Host": here, "Sec-Fetch-Site": "cross-site"}, False),
        ("/export/sweep.toml", {"Host": here, "Sec-Fetch-Site": "same-origin"}, True),
        ("/", {"Host": f"localhost:{port}", "Origin": f"http://{here}"}, True),
    ]
    for path, headers, is_answered in asked:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", path, headers=headers)
        assert connection.getresponse().status == (200 if is_answered else 403), (path, headers)
        connection.close()
    assert _listeners(port) == {"0100007F"}


def test_a_cube_that_is_damaged_or_gone_is_told_in_a_line(
    visit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posse.sweeps.blocks.POINTS", 3000)
    axes = {name: {"linspace": [0, 1, 31]} for name in ("diversity", "resolve", "share")}
    where = tmp_path / "cube.zarr"
    cube = Cube.create(Sweep("restraint", axes), where)
    for number in range(len(cube.blocks) - 1):
        cube.keep(cube.solve_block(number))
    with Served(where) as served:
        page = visit(served.address)
        page.get_by_text("is not finished: ").wait_for()
        chunks = [path for path in (where / "regime").rglob("*") if path.is_file() and path.name != "zarr.json"]
        whole = {path: path.read_bytes() for path in chunks}
        for path, data in whole.items():
            path.write_bytes(data[: len(data) // 2])
        page.get_by_label("across").select_option("share")
        page.get_by_role("alert").first.wait_for()
        assert "the cube is damaged" in page.get_by_role("alert").first.inner_text()
        page.wait_for_timeout(500)
        assert page.locator("table.legend").count() == 0
        assert cells(page) is None
        assert page.get_by_text("payoffs:").count() == 0
        for path, data in whole.items():
            path.write_bytes(data)
        page.get_by_label("across").select_option("diversity")
        page.get_by_text("cells in").wait_for()
        page.get_by_role("alert").wait_for(state="detached")
        shutil.move(where, tmp_path / "elsewhere.zarr")
        page.get_by_text("cube.zarr: does not exist").wait_for()
        again = page.context.new_page()
        again.goto(served.address)
        again.get_by_text("cube.zarr: does not exist").wait_for()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{served.address}export/slice.csv")
        assert refused.value.code == 400
        assert refused.value.read().decode() == f"posse: {where}: does not exist\n"
        refused.value.close()


def _listeners(port: int) -> set[str]:
    """Addresses, as the kernel writes them, at which a port listens."""
    rows = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    places = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, number in places if int(number, 16) == port}


def test_a_sweep_that_still_runs_shows_what_is_done(
    visit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posse.sweeps.blocks.POINTS", 3000)
    axes = {"diversity": {"linspace": [0, 1, 101]}, "cap_observer": {"geomspace": [0.1, 5, 101]}}
    cube = Cube.create(Sweep("restraint", axes), tmp_path / "cube.zarr")
    cube.keep(cube.solve_block(0))
    with Served(tmp_path / "cube.zarr") as served:
        page = visit(served.address)
        page.get_by_text(f"1 of {len(cube.blocks)} blocks solved").wait_for()
        first = (cells(page)["codes"] != 255).mean()
        assert 0 < first < 0.6
        keep(page, "unfinished", tmp_path)
        cube.keep(cube.solve_block(1))
        page.get_by_text(f"2 of {len(cube.blocks)} blocks solved").wait_for()
        page.wait_for_timeout(300)
        assert (cells(page)["codes"] != 255).mean() > first
        for number in cube.missing():
            cube.keep(cube.solve_block(number))
        cube.seal()
        page.get_by_role("link", name="explore all of it").click()
        page.wait_for_timeout(500)
        page.get_by_text("cells in").wait_for()
        page.wait_for_timeout(800)
        require_solved(page)


@pytest.mark.parametrize("size", [LAPTOP, PROJECTOR], ids=["laptop", "projector"])
@pytest.mark.parametrize("game", ["atlas", "signal"])
def test_nothing_is_cut_or_overlaps(game: str, size: tuple[int, int], visit: Any, tmp_path: Path) -> None:
    with Served(ROOT / "examples" / f"{game}.toml") as served:
        page = visit(served.address, size)
        page.mouse.click(*at(page, 0.2, 0.9))
        page.mouse.click(*at(page, 0.9, 0.1))
        page.mouse.move(*at(page, 0.45, 0.4))
        page.wait_for_timeout(1500)
        keep(page, f"{game}-{size[0]}x{size[1]}", tmp_path)
        assert page.evaluate(FLAWS) == []
