// The node's network list: finding it, putting the wall into it, taking it out. [pure]
//
// Entries of other plug-ins are carried over byte for byte, and so is every key we do not know.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// List is a network list as the runtime reads it.
type List struct {
	keys    map[string]json.RawMessage
	plugins []json.RawMessage
}

// Chosen answers the file that runtimes take: the first by name of those they look at, or "".
func Chosen(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	for _, name := range sorted {
		if slices.Contains([]string{".conf", ".conflist", ".json"}, filepath.Ext(name)) {
			return name
		}
	}
	return ""
}

// Read understands a network list. A single plug-in without a list cannot be chained to.
func Read(text []byte) (List, error) {
	var list List
	if err := json.Unmarshal(text, &list.keys); err != nil {
		return List{}, fmt.Errorf("the network list is not a JSON object: %w", err)
	}
	if err := json.Unmarshal(list.keys["plugins"], &list.plugins); err != nil {
		return List{}, errors.New("the network configuration is no list that a plug-in could be chained to")
	}
	var version string
	_ = json.Unmarshal(list.keys["cniVersion"], &version) // what is no string is no version either
	if !slices.Contains(Versions.SupportedVersions(), version) {
		return List{}, fmt.Errorf("the wall does not speak version %q of the network list", version)
	}
	return list, nil
}

// Types are the plug-ins of the chain in their order.
func (list List) Types() []string {
	found := make([]string, len(list.plugins))
	for number, plugin := range list.plugins {
		found[number] = typeOf(plugin)
	}
	return found
}

// Wall answers the wall's entry, nil where there is none.
func (list List) Wall() json.RawMessage {
	if number := slices.Index(list.Types(), Name); number >= 0 {
		return list.plugins[number]
	}
	return nil
}

// Holds says whether the list has the wall exactly once, behind another plug-in, with this entry.
func (list List) Holds(entry json.RawMessage) bool {
	types := list.Types()
	first := slices.Index(types, Name)
	return first > 0 && !slices.Contains(types[first+1:], Name) && same(list.plugins[first], entry)
}

// With answers the list with the wall at its end and nowhere else.
func (list List) With(entry json.RawMessage) (List, error) {
	without := list.Without()
	if len(without.plugins) == 0 {
		return List{}, errors.New("the network list has no plug-in that the wall could stand behind")
	}
	without.plugins = append(without.plugins, entry)
	return without, nil
}

// Without answers the list of all others.
func (list List) Without() List {
	others := List{keys: list.keys}
	for _, plugin := range list.plugins {
		if typeOf(plugin) != Name {
			others.plugins = append(others.plugins, plugin)
		}
	}
	return others
}

// Text writes the list as a file.
func (list List) Text() []byte {
	keys := maps.Clone(list.keys)
	keys["plugins"] = joined(list.plugins)
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		name, _ := json.Marshal(key)
		lines = append(lines, fmt.Sprintf("  %s: %s", name, keys[key]))
	}
	return []byte("{\n" + strings.Join(lines, ",\n") + "\n}\n")
}

func joined(plugins []json.RawMessage) json.RawMessage {
	if len(plugins) == 0 {
		return json.RawMessage("[]")
	}
	return slices.Concat([]byte("[\n    "), bytes.Join(asBytes(plugins), []byte(",\n    ")), []byte("\n  ]"))
}

func asBytes(plugins []json.RawMessage) [][]byte {
	found := make([][]byte, len(plugins))
	for number, plugin := range plugins {
		found[number] = plugin
	}
	return found
}

// Entry makes the wall's place in a list from its configuration file, which must be a good one.
func Entry(configuration []byte) (json.RawMessage, error) {
	if _, err := Parse(configuration); err != nil {
		return nil, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(configuration, &keys); err != nil {
		return nil, err
	}
	for _, key := range fromRuntime {
		delete(keys, key)
	}
	keys["type"] = json.RawMessage(`"` + Name + `"`)
	return json.Marshal(keys)
}

func typeOf(plugin json.RawMessage) string {
	var said struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(plugin, &said) // what has no type is somebody else's, and stays
	return said.Type
}

func same(one, other json.RawMessage) bool {
	var first, second bytes.Buffer
	return canonical(&first, one) && canonical(&second, other) && bytes.Equal(first.Bytes(), second.Bytes())
}

func canonical(into *bytes.Buffer, text json.RawMessage) bool {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return false
	}
	return json.NewEncoder(into).Encode(value) == nil
}
