// What node and its libraries print. Run by node.py: node print.mjs MODULES SOURCE FILES
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { Console } from "node:console";
import { Writable } from "node:stream";

const [modules, source, files] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const [head, ...lines] = readFileSync(`${source}/patients.csv`, "utf8").trim().split("\n");
const names = head.split(",");
const patients = lines.map((line) => Object.fromEntries(line.split(",").map((cell, n) => [names[n], cell])));

const keep = (path, text) => {
  mkdirSync(`${files}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
  writeFileSync(`${files}/${path}`, text);
};

function counts(row, column, rows = patients) {
  const found = {};
  for (const one of rows) {
    found[one[row]] ??= {};
    found[one[row]][one[column]] = (found[one[row]][one[column]] ?? 0) + 1;
  }
  return found;
}

function printed(print) {
  let text = "";
  const out = new Writable({ write(chunk, _, done) { text += chunk; done(); } });
  print(new Console(out));
  return text;
}

const mainland = patients.filter((one) => one.region !== "island");
const gene = patients.filter((one) => one.treatment === "gene therapy");
keep("node/gene-therapy.txt", printed((own) => own.table(counts("severity", "inhibitor", gene))));
keep("node/mainland.txt", printed((own) => own.table(counts("region", "hepatitis", mainland))));
const shown = patients.slice(60, 65).map(({ patient, age, sex, weight, cost }) => ({ patient, age, sex, weight, cost }));
keep("node/first-rows.txt", printed((own) => own.log(shown)));
keep("node/counts.txt", printed((own) => own.log(inspect(counts("severity", "sex"), { compact: false }))));

const Table = load("cli-table3");
for (const [path, own] of [["region-hepatitis", patients], ["regions", mainland]]) {
  const table = new Table({ head: ["region", "negative", "cleared", "chronic"], style: { head: [], border: [] } });
  for (const [name, one] of Object.entries(counts("region", "hepatitis", own))) {
    table.push([name, one.negative ?? 0, one.cleared ?? 0, one.chronic ?? 0]);
  }
  keep(`cli-table3/${path}.txt`, table.toString() + "\n");
}

const Excel = load("exceljs");
const book = new Excel.Workbook();
book.created = book.modified = new Date(Date.UTC(2024, 2, 12));
const sheet = book.addWorksheet("severity");
sheet.addRow(["severity", "F", "M"]);
for (const [name, one] of Object.entries(counts("severity", "sex"))) sheet.addRow([name, one.F, one.M]);
await book.xlsx.writeFile(`${mkdir("exceljs")}/severity.xlsx`);
const rest = book.addWorksheet("calc", { state: "hidden" });
rest.addRow(["age", "weight", "hb", "cost"]);
for (const one of patients.slice(1300, 1330)) rest.addRow([+one.age, +one.weight, +one.hb, +one.cost]);
await book.xlsx.writeFile(`${files}/exceljs/severity-by-sex.xlsx`);

function mkdir(name) {
  mkdirSync(`${files}/${name}`, { recursive: true });
  return `${files}/${name}`;
}

const d3 = await import(`${modules}/node_modules/d3/dist/d3.mjs`);
const { JSDOM } = load("jsdom");
function drawn(draw) {
  const page = new JSDOM("<body></body>").window.document;
  const svg = d3.select(page.body).append("svg").attr("xmlns", "http://www.w3.org/2000/svg")
    .attr("viewBox", "0 0 400 260").attr("font-family", "sans-serif").attr("font-size", 10);
  draw(svg);
  return page.body.innerHTML + "\n";
}
const products = d3.rollups(patients.filter((one) => one.product !== "none"), (own) => own.length, (one) => one.product);
const y = d3.scaleBand(products.map(([name]) => name), [10, 240]).padding(0.2);
const x = d3.scaleLinear([0, 800], [90, 380]);
keep("d3/products.svg", drawn((svg) => {
  svg.selectAll("rect").data(products).join("rect").attr("x", 90).attr("y", ([name]) => y(name))
    .attr("width", ([, n]) => x(n) - 90).attr("height", y.bandwidth()).attr("fill", "steelblue");
  svg.append("g").selectAll("text").data(products).join("text").attr("x", ([, n]) => x(n) + 4)
    .attr("y", ([name]) => y(name) + 20).text(([, n]) => n);
  svg.append("g").attr("transform", "translate(90,0)").call(d3.axisLeft(y));
}));
const dots = patients.slice(1400, 1490);
const across = d3.scaleLinear([0, 90], [40, 380]), up = d3.scaleLinear([80, 200], [240, 10]);
keep("d3/ages.svg", drawn((svg) => {
  svg.append("g").attr("transform", "translate(0,240)").call(d3.axisBottom(across));
  svg.append("g").attr("transform", "translate(40,0)").call(d3.axisLeft(up));
  svg.append("g").selectAll("circle").data(dots).join("circle").attr("r", 3)
    .attr("cx", (one) => across(one.age)).attr("cy", (one) => up(one.hb));
}));
