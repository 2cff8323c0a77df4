// What the wall's configuration may say: the good, and every way of being wrong, refused with its word.
package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const good = `{"type": "tre-wall",
 "doors": {"addresses": ["198.18.88.10", "2001:2:0:88::10"], "ports": [8081, 8082, 8083]},
 "notebook": {"sources": ["198.18.88.30", "198.18.90.0/24", "2001:2:0:88::30", "2001:2:0:90::/64"]}}`

func parsed(t *testing.T, text string) Configuration {
	t.Helper()
	conf, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// changed sets one value of the good configuration, named by its path, or takes it away (nil).
func changed(t *testing.T, path string, value any) string {
	t.Helper()
	var keys map[string]any
	if err := json.Unmarshal([]byte(good), &keys); err != nil {
		t.Fatal(err)
	}
	at, last := keys, strings.Split(path, " ")
	for ; len(last) > 1; last = last[1:] {
		at = at[last[0]].(map[string]any)
	}
	at[last[0]] = value
	if value == nil {
		delete(at, last[0])
	}
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAGoodConfigurationIsUnderstood(t *testing.T) {
	conf := parsed(t, good)
	if len(conf.Doors) != 2 || len(conf.Ports) != 3 || len(conf.Notebook) != 4 {
		t.Fatalf("%+v", conf)
	}
}

func TestWhatTheRuntimeAddsIsNotOurs(t *testing.T) {
	for _, key := range fromRuntime {
		parsed(t, changed(t, key, "anything"))
	}
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	type list = []any
	for _, wrong := range []struct {
		path  string
		value any
		says  string
	}{
		{"doors", nil, "doors.addresses is missing"},
		{"notebook", nil, "notebook.sources is missing"},
		{"doors addresses", list{}, "doors.addresses is missing"},
		{"doors addresses", "198.18.88.10", "does not understand"},
		{"doors addresses", list{"door.example"}, "not an IP address"},
		{"doors addresses", list{""}, "not an IP address"},
		{"doors addresses", list{"198.18.88.0/24"}, "not an IP address"},
		{"doors addresses", list{"0.0.0.0"}, "another machine"},
		{"doors addresses", list{"::"}, "another machine"},
		{"doors addresses", list{"127.0.0.1"}, "another machine"},
		{"doors addresses", list{"::1"}, "another machine"},
		{"doors addresses", list{"169.254.169.254"}, "another machine"},
		{"doors addresses", list{"fe80::1"}, "another machine"},
		{"doors addresses", list{"ff02::1"}, "another machine"},
		{"doors addresses", list{"224.0.0.1"}, "another machine"},
		{"doors addresses", list{"255.255.255.255"}, "another machine"},
		{"doors addresses", list{"::ffff:198.18.88.10"}, "plain address"},
		{"doors addresses", list{"2001:2::1%eth0"}, "plain address"},
		{"doors addresses", list{"198.18.88.10", "198.18.88.10"}, "twice"},
		{"doors ports", list{}, "doors.ports is missing"},
		{"doors ports", list{0}, "not a port"},
		{"doors ports", list{-1}, "not a port"},
		{"doors ports", list{65536}, "not a port"},
		{"doors ports", list{53}, "resolver"},
		{"doors ports", list{"8081"}, "does not understand"},
		{"doors ports", list{8081.5}, "does not understand"},
		{"doors ports", list{8081, 8081}, "twice"},
		{"doors protocol", "udp", "unknown field"},
		{"door", list{}, "unknown field"},
		{"notebook sources", list{}, "notebook.sources is missing"},
		{"notebook sources", list{"gateway"}, "neither"},
		{"notebook sources", list{"0.0.0.0/0"}, "wider"},
		{"notebook sources", list{"::/0"}, "wider"},
		{"notebook sources", list{"128.0.0.0/7"}, "wider"},
		{"notebook sources", list{"2000::/16"}, "wider"},
		{"notebook sources", list{"198.18.90.1/24"}, "begins at 198.18.90.0/24"},
		{"notebook sources", list{"127.0.0.0/8"}, "another machine"},
		{"notebook sources", list{"224.0.0.0/8"}, "another machine"},
		{"notebook port", 22, "unknown field"},
	} {
		_, err := Parse([]byte(changed(t, wrong.path, wrong.value)))
		if err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("%s = %v: %v, should say %q", wrong.path, wrong.value, err, wrong.says)
		}
	}
	for _, text := range []string{"", "[]", "null", "7", "{", good + "x"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q was taken for a configuration", text)
		}
	}
}
