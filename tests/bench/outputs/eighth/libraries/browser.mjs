// What libraries of JavaScript print: tables, workbooks, pages and figures.
// Run: UNITS=<folder of the tables> OUT=<folder of the files> node browser.mjs (beside node_modules)
import fs from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import * as aq from "arquero";
import { stringify } from "csv-stringify/sync";
import * as echarts from "echarts";
import * as Plot from "@observablehq/plot";
import { JSDOM } from "jsdom";
import XLSX from "xlsx";
import * as vega from "vega";
import * as ss from "simple-statistics";
import CliTable from "cli-table3";
import { Table as ConsoleTable } from "console-table-printer";
import { markdownTable } from "markdown-table";
import Handlebars from "handlebars";
import EasyTable from "easy-table";
import * as yaml from "js-yaml";
import { XMLBuilder } from "fast-xml-parser";
import pino from "pino";

const persons = aq.fromCSV(fs.readFileSync(path.join(process.env.UNITS, "persons.csv"), "utf8"), { autoType: true, parse: { born: String, enrolled: String, remark: String } });
const all = persons.objects();
const write = (name, data) => {
  const full = path.join(process.env.OUT, name);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, data);
};
const LARGE = ["Ashgrove", "Birchfield", "Cedarholm", "Dunmere"];
const COMMON = ["HbE beta", "SC", "SS", "beta intermedia", "beta major"];
const large = all.filter((d) => LARGE.includes(d.unit));
const common = all.filter((d) => COMMON.includes(d.condition));
const harbour = all.filter((d) => d.unit === "Harbourside");
const counted = (rows, a, b) => {
  const n = {};
  for (const d of rows) n[`${d[a]}\u0001${d[b]}`] = (n[`${d[a]}\u0001${d[b]}`] ?? 0) + 1;
  return Object.entries(n).sort((x, y) => (x[0] < y[0] ? -1 : 1)).map(([k, v]) => ({ [a]: k.split("\u0001")[0], [b]: k.split("\u0001")[1], n: v }));
};
const crossed = (rows, a, b) => {
  const left = [...new Set(rows.map((d) => String(d[a])))].sort(), top = [...new Set(rows.map((d) => String(d[b])))].sort();
  return [[a, ...top], ...left.map((x) => [x, ...top.map((y) => rows.filter((d) => String(d[a]) === x && String(d[b]) === y).length)])];
};
const told = [];
const attempt = (name, make) => { try { make(); } catch (error) { console.log(name, error.message); } };
process.on("unhandledRejection", (error) => console.log("rejected", error.message));

attempt("arquero", () => {
  const pick = ["unit", "gender", "age", "condition", "ferritin", "hb", "cost"];
  write("arquero/slice.md", persons.select(pick).slice(100, 130).toMarkdown({ limit: 30 }));
  write("arquero/gender_by_unit.md", aq.from(large).groupby("unit", "gender").count().orderby("unit", "gender").toMarkdown({ limit: 50 }));
  write("arquero/columns.json", persons.select("age", "weight_kg", "ferritin", "born").slice(200, 240).toJSON({ schema: true }));
  write("arquero/conditions.json", aq.from(common).groupby("condition").rollup({ n: aq.op.count(), age: (d) => aq.op.round(aq.op.mean(d.age)) }).toJSON({ schema: false }));
  write("arquero/ranges.csv", persons.groupby("unit").rollup({ n: aq.op.count(), hb_min: aq.op.min("hb"), hb_max: aq.op.max("hb"), cost_max: aq.op.max("cost") }).orderby("unit").toCSV());
  write("arquero/doing.html", aq.from(all).groupby("doing", "gender").count().orderby("doing", "gender").toHTML({ limit: 30 }));
});
attempt("csv-stringify", () => {
  const pick = ["born", "gender", "condition", "tongue", "hbf", "ferritin"];
  write("csv-stringify/extract.csv", stringify(all.slice(300, 345), { header: true, columns: pick, delimiter: ";", quoted: true, bom: true, record_delimiter: "windows" }));
  write("csv-stringify/tongue_by_unit.tsv", stringify(crossed(all, "tongue", "unit"), { delimiter: "\t" }));
  write("csv-stringify/blood_groups.csv", stringify(crossed(all, "blood_group", "gender"), { delimiter: "|", quoted_string: true }));
});
attempt("xlsx", () => {
  const book = (sheets) => { const b = XLSX.utils.book_new(); for (const [n, rows, hidden] of sheets) { XLSX.utils.book_append_sheet(b, XLSX.utils.aoa_to_sheet(rows), n); if (hidden) { b.Workbook = b.Workbook ?? { Sheets: [] }; b.Workbook.Sheets[b.SheetNames.length - 1] = { Hidden: 2 }; } } return b; };
  const pick = ["unit", "gender", "age", "condition", "hb", "ferritin", "cost"];
  const rows = [pick, ...all.slice(400, 440).map((d) => pick.map((c) => d[c]))];
  const few = crossed(all, "condition", "chelator"), many = crossed(large, "unit", "chelator");
  const formats = { fods: "fods", sylk: "slk", dif: "dif", html: "html", txt: "txt", prn: "prn", eth: "eth", xlsb: "xlsb", biff8: "xls", dbf: "dbf", xlml: "xml" };
  for (const [kind, ending] of Object.entries(formats)) {
    const save = (name, lines) => write(`sheetjs/${name}.${ending}`, XLSX.write(book([["data", lines]]), { type: "buffer", bookType: kind }));
    if (["fods", "sylk", "xlsb", "dbf"].includes(kind)) save("listing", rows);
    if (["dif", "html", "txt", "eth", "xlml"].includes(kind)) save("chelators", few);
    if (["fods", "sylk", "dif", "html", "txt", "prn", "biff8", "xlml", "eth"].includes(kind)) save("large_units", many);
  }
  write("sheetjs/report.xlsx", XLSX.write(book([["table", many], ["tmp", [["unit", "born", "condition", "cost"], ...harbour.map((d) => [d.unit, d.born, d.condition, d.cost])], true]]), { type: "buffer", bookType: "xlsx", compression: true }));
});
attempt("tables", () => {
  const draw = (lines, options) => { const t = new CliTable({ head: lines[0].map(String), style: { head: [], border: [] }, ...options }); t.push(...lines.slice(1).map((r) => r.map(String))); return t.toString() + "\n"; };
  write("cli-table3/diabetes_by_unit.txt", draw(crossed(all, "unit", "diabetes")));
  write("cli-table3/spleen_by_condition.txt", draw(crossed(common, "condition", "spleen_out"), { chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" } }));
  const eachUnit = crossed(all, "unit", "died").slice(1).map(([u, a, b]) => ({ unit: u, n: a + b, died: b, percent: +(100 * b / (a + b)).toFixed(1) }));
  const printed = new ConsoleTable({ title: "Deaths", columns: [{ name: "unit", alignment: "left" }, { name: "n" }, { name: "died" }, { name: "percent" }], shouldDisableColors: true });
  printed.addRows(eachUnit);
  write("console-table-printer/deaths.txt", printed.render() + "\n");
  const good = new ConsoleTable({ columns: [{ name: "unit", alignment: "left" }, { name: "n" }, { name: "died" }], shouldDisableColors: true });
  good.addRows(eachUnit.filter((d) => LARGE.includes(d.unit)));
  write("console-table-printer/deaths_large.txt", good.render() + "\n");
  write("markdown-table/antibodies.md", markdownTable(crossed(all, "blood_group", "antibodies").map((r) => r.map(String)), { align: ["l", "r", "r", "r", "r"] }) + "\n");
  write("markdown-table/gender.md", markdownTable(crossed(all, "blood_group", "gender").map((r) => r.map(String)), { align: ["l", "r", "r"] }) + "\n");
  write("easy-table/top_nights.txt", EasyTable.print([...all].sort((a, b) => b.nights - a.nights).slice(0, 12).map(({ unit, age, condition, nights, crises, cost }) => ({ unit, age, condition, nights, crises, cost }))) + "\n");
  write("easy-table/tongues.txt", EasyTable.print(counted(all.filter((d) => d.tongue !== "Maltese"), "tongue", "gender")) + "\n");
  const log = []; const own = new console.Console(new Writable({ write(s, _, next) { log.push(s.toString()); next(); } })); own.table(crossed(all, "doing", "unit").slice(1).map(([doing, ...n]) => ({ doing, Harbourside: n.at(-1), Gorsebank: n.at(-2) })));
  write("node/console_table.txt", log.join(""));
  log.length = 0; own.table(counted(all, "doing", "gender")); write("node/console_doing.txt", log.join(""));
  log.length = 0; own.log(all[17], all[18], all[19]); write("node/inspect.txt", log.join(""));
  log.length = 0; own.dir({ seed: 1791, folds: 5, grid: { depth: [2, 4, 8], rate: [0.01, 0.1] }, least: 10 }, { depth: 4 }); write("node/settings.txt", log.join(""));
});
attempt("handlebars", () => {
  const page = Handlebars.compile("<!doctype html>\n<title>{{title}}</title>\n<h1>{{title}}</h1>\n<p>{{lead}}</p>\n<table>\n{{#each lines}}<tr>{{#each this}}<td>{{this}}</td>{{/each}}</tr>\n{{/each}}</table>\n");
  const share = (rows) => crossed(rows, "unit", "stroke").slice(1).map(([u, a, b]) => [u, a + b, b, (100 * b / (a + b)).toFixed(1)]);
  write("handlebars/stroke.html", page({ title: "Strokes by unit", lead: "All 5,000 persons in care.", lines: [["Unit", "n", "strokes", "%"], ...share(all)] }));
  write("handlebars/stroke_large.html", page({ title: "Strokes at the large units", lead: "Units with more than 700 persons.", lines: [["Unit", "n", "strokes", "%"], ...share(large)] }));
  const only = share(all).map(([u, , , p]) => [u, p]);
  write("handlebars/stroke_percent.html", page({ title: "Strokes by unit", lead: "Per cent of the persons in care.", lines: [["Unit", "%"], ...only] }));
});
attempt("data", () => {
  write("js-yaml/chelators.yaml", yaml.dump({ unit: "Gorsebank", chelators: counted(all.filter((d) => d.unit === "Gorsebank"), "condition", "chelator") }));
  write("js-yaml/spleen.yaml", yaml.dump({ counts: counted(large, "unit", "spleen_out") }));
  const xml = new XMLBuilder({ format: true, ignoreAttributes: false });
  write("fast-xml-parser/persons.xml", xml.build({ persons: { person: all.slice(500, 530).map(({ person, unit, born, hb }) => ({ "@_code": person, unit, born, hb })) } }));
  write("fast-xml-parser/counts.xml", xml.build({ table: { cell: counted(large, "unit", "gender").map((d) => ({ "@_unit": d.unit, "@_gender": d.gender, "#text": d.n })) } }));
  const f = all.map((d) => d.ferritin), x = all.map((d) => [d.age, d.height_cm]);
  write("simple-statistics/ferritin.json", JSON.stringify({ n: f.length, mean: ss.mean(f), sd: ss.sampleStandardDeviation(f), min: ss.min(f), max: ss.max(f), q01: ss.quantile(f, 0.01), median: ss.median(f) }, null, 2));
  write("simple-statistics/line.json", JSON.stringify({ n: x.length, line: ss.linearRegression(x), r: ss.sampleCorrelation(all.map((d) => d.age), all.map((d) => d.height_cm)) }, null, 2));
});
attempt("pino", () => {
  const lines = []; const log = pino({ base: null, timestamp: () => ',"time":"2025-04-02T09:15:00Z"' }, { write: (s) => lines.push(s) });
  for (const [u, a, b] of crossed(all, "unit", "ulcer").slice(1)) log.info({ unit: u, persons: a + b, ulcers: b }, "unit done");
  write("pino/ulcers.log", lines.join("")); lines.length = 0;
  for (let fold = 1; fold <= 5; fold++) log.info({ fold, of: 5, seed: 1790 + fold, ms: 40 + 3 * fold }, "fold fitted"); log.warn({ retries: 2, limit: 3 }, "slow disk");
  write("pino/folds.log", lines.join("")); lines.length = 0;
  for (const d of all.filter((d) => d.hb < 60).slice(0, 20)) log.warn({ person: d.person, unit: d.unit, hb: d.hb }, "haemoglobin low");
  write("pino/low_hb.log", lines.join(""));
});
const chart = (name, option, w = 640, h = 400) => { const own = echarts.init(null, null, { renderer: "svg", ssr: true, width: w, height: h }); own.setOption({ animation: false, ...option }); write(name, own.renderToSVGString()); own.dispose(); };
attempt("echarts", () => {
  const bars = (rows, what) => { const t = crossed(rows, "unit", what).slice(1); return { xAxis: { type: "category", data: t.map((r) => r[0]) }, yAxis: { type: "value" }, series: [{ type: "bar", data: t.map((r) => r.at(-1)), label: { show: true, position: "top" } }] }; };
  chart("echarts/ulcers.svg", bars(all, "ulcer"), 800);
  chart("echarts/spleens.svg", bars(large, "spleen_out"), 800);
  const heat = (rows, a, b) => { const t = crossed(rows, a, b); return { xAxis: { type: "category", data: t[0].slice(1) }, yAxis: { type: "category", data: t.slice(1).map((r) => r[0]) }, visualMap: { min: 0, max: 400 }, series: [{ type: "heatmap", label: { show: true }, data: t.slice(1).flatMap((r, y) => r.slice(1).map((n, x) => [x, y, n])) }] }; };
  chart("echarts/tongue_by_doing.svg", heat(all, "tongue", "doing"));
  chart("echarts/unit_by_blood_group.svg", heat(large, "unit", "blood_group"));
  chart("echarts/harbourside.svg", { xAxis: { name: "age" }, yAxis: { name: "ferritin" }, series: [{ type: "scatter", data: harbour.map((d) => [d.age, d.ferritin]), label: { show: true, formatter: (p) => String(p.data[1]) } }] });
  const means = COMMON.map((c) => { const own = common.filter((d) => d.condition === c).map((d) => d.hb); return [c, +ss.mean(own).toFixed(1)]; });
  chart("echarts/mean_hb.svg", { xAxis: { type: "category", data: means.map((m) => m[0]) }, yAxis: {}, series: [{ type: "line", data: means.map((m) => m[1]), label: { show: true } }] });
  const pie = (rows, a) => Object.entries(rows.reduce((n, d) => ({ ...n, [d[a]]: (n[d[a]] ?? 0) + 1 }), {})).map(([name, value]) => ({ name, value }));
  chart("echarts/harbourside_doing.svg", { series: [{ type: "pie", data: pie(harbour, "doing"), label: { formatter: "{b}: {c} ({d}%)" } }] });
  chart("echarts/doing.svg", { series: [{ type: "pie", data: pie(all, "doing"), label: { formatter: "{b}: {c} ({d}%)" } }] });
});
attempt("plot", () => {
  const document = new JSDOM("").window.document;
  const draw = (name, options) => { const own = Plot.plot({ document, ...options }); own.setAttribute("xmlns", "http://www.w3.org/2000/svg"); write(name, own.outerHTML); };
  draw("observable-plot/harbourside_dots.svg", { marks: [Plot.dot(harbour, { x: "age", y: "ferritin", title: (d) => `${d.born}: ${d.ferritin}` })] });
  draw("observable-plot/ages.svg", { marks: [Plot.rectY(all, Plot.binX({ y: "count" }, { x: "age", thresholds: [0, 10, 20, 30, 40, 50, 80] }))] });
  draw("observable-plot/chelators.svg", { marginLeft: 90, marks: [Plot.barX(harbour, Plot.groupY({ x: "count" }, { y: "chelator" })), Plot.text(harbour, Plot.groupY({ x: "count", text: "count" }, { y: "chelator", dx: 8 }))] });
  draw("observable-plot/conditions.svg", { marginLeft: 110, marks: [Plot.barX(common, Plot.groupY({ x: "count" }, { y: "condition" })), Plot.text(common, Plot.groupY({ x: "count", text: "count" }, { y: "condition", dx: 12 }))] });
  draw("observable-plot/hb_box.svg", { marks: [Plot.boxY(all.filter((d) => d.unit === "Gorsebank"), { x: "condition", y: "hb" })] });
  draw("observable-plot/hb_line.svg", { marks: [Plot.lineY(COMMON.map((c) => ({ c, hb: +ss.mean(common.filter((d) => d.condition === c).map((d) => d.hb)).toFixed(1) })), { x: "c", y: "hb" })] });
});
const bar = (values, x, y, extra = []) => ({ $schema: "https://vega.github.io/schema/vega/v5.json", width: 420, height: 220, padding: 5, data: [{ name: "t", values }],
  scales: [{ name: "x", type: "band", domain: { data: "t", field: x }, range: "width", padding: 0.1 }, { name: "y", domain: { data: "t", field: y }, range: "height", nice: true }],
  axes: [{ orient: "bottom", scale: "x" }, { orient: "left", scale: "y" }],
  marks: [{ type: "rect", from: { data: "t" }, encode: { enter: { x: { scale: "x", field: x }, width: { scale: "x", band: 1 }, y: { scale: "y", field: y }, y2: { scale: "y", value: 0 } } } }, { type: "text", from: { data: "t" }, encode: { enter: { x: { scale: "x", field: x, band: 0.5 }, y: { scale: "y", field: y, offset: -4 }, align: { value: "center" }, text: { field: y } } } }, ...extra] });
const vegaTo = async (name, spec) => write(name, await new vega.View(vega.parse(spec), { renderer: "none" }).toSVG());
const few = crossed(all, "condition", "stroke").slice(1).map((r) => ({ condition: r[0], n: r[2] })), many = crossed(common, "condition", "gender").slice(1).map((r) => ({ condition: r[0], n: r[1] + r[2] }));
await vegaTo("vega/strokes.svg", bar(few, "condition", "n")).catch((e) => console.log(e.message));
await vegaTo("vega/conditions.svg", bar(many, "condition", "n"));
write("vega/strokes.vg.json", JSON.stringify(bar(few, "condition", "n"), null, 1));
write("vega/conditions.vg.json", JSON.stringify(bar(many, "condition", "n"), null, 1));
