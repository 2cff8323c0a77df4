// Putting the wall into a network list and taking it out, on text alone.
package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

const network = `{"name": "lab", "cniVersion": "1.0.0", "disableCheck": false, "strange": {"z": 1, "a": 1.50},
  "plugins": [{"type": "ptp", "mtu": 1500,   "ipam": {"type": "host-local"}}, {"type": "portmap"}]}`

func listed(t *testing.T, text string) List {
	t.Helper()
	list, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func goodEntry(t *testing.T) json.RawMessage {
	t.Helper()
	entry, err := Entry([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestTheFirstFileByNameIsTheOneThatCounts(t *testing.T) {
	for wanted, names := range map[string][]string{
		"05-a.conflist": {"10-b.conflist", "05-a.conflist", "00-notes.txt", "00-a.conflist" + before},
		"10-b.conf":     {"10-b.conf", "10-c.conflist"},
		"a.json":        {"b.conflist", "a.json"},
		"":              {".tre-wall-1.making", "README", "x.conflist.bak"},
	} {
		if found := Chosen(names); found != wanted {
			t.Errorf("%v: %q instead of %q", names, found, wanted)
		}
	}
}

func TestTheWallComesLastAndNothingElseChanges(t *testing.T) {
	list := listed(t, network)
	longer, err := list.With(goodEntry(t))
	if err != nil {
		t.Fatal(err)
	}
	again := listed(t, string(longer.Text()))
	if got := again.Types(); !slices.Equal(got, []string{"ptp", "portmap", Name}) {
		t.Errorf("the chain is %v", got)
	}
	for _, kept := range []string{`{"type": "ptp", "mtu": 1500,   "ipam": {"type": "host-local"}}`, `{"z": 1, "a": 1.50}`} {
		if !strings.Contains(string(longer.Text()), kept) {
			t.Errorf("%s was written otherwise", kept)
		}
	}
	if !again.Holds(goodEntry(t)) || list.Holds(goodEntry(t)) {
		t.Error("Holds does not tell the two lists apart")
	}
	if string(again.Without().Text()) != string(list.Text()) {
		t.Error("taking the wall out does not give the list that was there before")
	}
}

func TestAListThatHasTheWallWronglyIsPutRight(t *testing.T) {
	entry := string(goodEntry(t))
	for says, plugins := range map[string]string{
		"other doors": `[{"type":"ptp"}, {"type":"tre-wall","doors":{}}]`,
		"first":       `[` + entry + `, {"type":"ptp"}]`,
		"twice":       `[{"type":"ptp"}, ` + entry + `, ` + entry + `]`,
		"not there":   `[{"type":"ptp"}]`,
	} {
		list := listed(t, `{"cniVersion":"1.0.0","name":"x","plugins":`+plugins+`}`)
		if list.Holds(goodEntry(t)) {
			t.Errorf("%s: taken for right", says)
		}
		right, err := list.With(goodEntry(t))
		if err != nil || !right.Holds(goodEntry(t)) {
			t.Errorf("%s: not put right: %v", says, err)
		}
	}
}

func TestAPluginBehindTheWallIsNoFault(t *testing.T) {
	list := listed(t, `{"cniVersion":"1.0.0","plugins":[{"type":"ptp"},`+string(goodEntry(t))+`,{"type":"mesh"}]}`)
	if !list.Holds(goodEntry(t)) {
		t.Error("the rules stand wherever the wall is in the chain")
	}
}

func TestListsThatCannotTakeAWall(t *testing.T) {
	for _, text := range []string{
		"", "[]", "{", `{"type":"bridge","cniVersion":"1.0.0"}`, `{"cniVersion":"1.0.0","plugins":{}}`,
		`{"cniVersion":"0.2.0","plugins":[{"type":"ptp"}]}`, `{"plugins":[{"type":"ptp"}]}`,
	} {
		if _, err := Read([]byte(text)); err == nil {
			t.Errorf("%q was taken for a network list", text)
		}
	}
	for _, plugins := range []string{`[]`, `[{"type":"tre-wall"}]`} {
		list := listed(t, `{"cniVersion":"1.0.0","plugins":`+plugins+`}`)
		if _, err := list.With(goodEntry(t)); err == nil {
			t.Errorf("%s: a wall with nothing before it", plugins)
		}
	}
}

func TestAWrongConfigurationNeverBecomesAnEntry(t *testing.T) {
	if entry, err := Entry([]byte(`{"doors":{}}`)); err == nil {
		t.Errorf("%s", entry)
	}
}

// The documents' example is what the installer would make of its two halves.
func TestTheExampleIsGood(t *testing.T) {
	text, err := os.ReadFile("example/10-network.conflist")
	if err != nil {
		t.Fatal(err)
	}
	conf, err := os.ReadFile("example/wall.json")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := Entry(conf)
	if err != nil {
		t.Fatal(err)
	}
	if !listed(t, string(text)).Holds(entry) {
		t.Error("example/10-network.conflist does not hold example/wall.json")
	}
}
