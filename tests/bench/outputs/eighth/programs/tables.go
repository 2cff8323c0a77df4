// Tables of Go: gota's frames, tablewriter and go-pretty.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"

	"github.com/go-gota/gota/dataframe"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/olekukonko/tablewriter"
)

func counts(df dataframe.DataFrame, by, across string) ([]string, []string, map[string]map[string]int) {
	n := map[string]map[string]int{}
	heads := map[string]bool{}
	a, b := df.Col(by).Records(), df.Col(across).Records()
	for i := range a {
		if n[a[i]] == nil {
			n[a[i]] = map[string]int{}
		}
		n[a[i]][b[i]]++
		heads[b[i]] = true
	}
	var lines, cols []string
	for k := range n {
		lines = append(lines, k)
	}
	for k := range heads {
		cols = append(cols, k)
	}
	sort.Strings(lines)
	sort.Strings(cols)
	return lines, cols, n
}

func written(name string, df dataframe.DataFrame, by, across string) {
	lines, cols, n := counts(df, by, across)
	f, _ := os.Create("files/go/" + name + ".txt")
	t := tablewriter.NewWriter(f)
	t.SetHeader(append([]string{by}, cols...))
	pretty := table.NewWriter()
	head := table.Row{by}
	for _, c := range cols {
		head = append(head, c)
	}
	pretty.AppendHeader(head)
	for _, l := range lines {
		row, own := []string{l}, table.Row{l}
		for _, c := range cols {
			row = append(row, strconv.Itoa(n[l][c]))
			own = append(own, n[l][c])
		}
		t.Append(row)
		pretty.AppendRow(own)
	}
	t.Render()
	f.Close()
	os.WriteFile("files/go/"+name+".html", []byte(pretty.RenderHTML()+"\n"), 0o644)
}

func main() {
	f, _ := os.Open("source/persons.csv")
	df := dataframe.ReadCSV(f)
	written("condition_ulcer", df, "condition", "ulcer")
	written("chelator_diabetes", df, "chelator", "diabetes")
	os.MkdirAll("files/go", 0o755)
	few := df.Select([]string{"unit", "age", "condition", "ferritin", "hb", "cost"}).Subset(seq(40))
	os.WriteFile("files/go/gota_head.txt", []byte(fmt.Sprint(few)), 0o644)
	os.WriteFile("files/go/gota_describe.txt", []byte(fmt.Sprint(df.Select([]string{"age", "ferritin", "cost"}).Describe())), 0o644)
	m, _ := os.Create("files/go/gota_map.txt")
	fmt.Fprintf(m, "%v\n", few.Select([]string{"age", "ferritin", "cost"}).Maps()[:25])
	lines, _, n := counts(df, "doing", "gender")
	g, _ := os.Create("files/go/map_doing.txt")
	for _, l := range lines {
		fmt.Fprintf(g, "%#v\n", n[l])
	}
	fmt.Fprintf(g, "%+v\n", n)
}

func seq(n int) []int {
	own := make([]int, n)
	for i := range own {
		own[i] = i
	}
	return own
}
