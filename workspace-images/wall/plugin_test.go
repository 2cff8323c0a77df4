// The plug-in called as a runtime calls it, on real network namespaces: what is closed, what stays
// open, and what each command of the specification answers.
//
// Every attempt is made three times: without the wall it must succeed, with the wall it must do what
// its row says, and with the wall taken away it must succeed again.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/nftables"
)

// previous is a result with a key that we do not know and spaces that only a careless hand would keep.
const previous = `{"cniVersion":"1.0.0",  "ips":[{"address":"198.18.77.2/24"}],"more":{"a":[1, 2.50]}}`

type call struct {
	command, namespace, arguments, entry string
	from                                 string // the network namespace of the runtime, the machine's if empty
}

// entry is what the runtime writes to the plug-in's standard input.
func entry(t *testing.T, conf, version, previous string) string {
	t.Helper()
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(conf), &keys); err != nil {
		t.Fatal(err)
	}
	keys["cniVersion"] = json.RawMessage(`"` + version + `"`)
	keys["name"] = json.RawMessage(`"tests"`)
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	if previous == "" {
		return string(text)
	}
	return strings.TrimSuffix(string(text), "}") + `,"prevResult":` + previous + "}"
}

func pod(namespace string) string {
	return "IgnoreUnknown=1;K8S_POD_NAMESPACE=" + namespace + ";K8S_POD_NAME=alice;K8S_POD_UID=7"
}

// run answers what the plug-in printed, and its error as the runtime would read it.
func (c call) run(t *testing.T) (string, error) {
	t.Helper()
	process := exec.Command(built(t))
	if c.from != "" {
		process = exec.Command("ip", "netns", "exec", c.from, built(t))
	}
	process.Env = []string{
		"CNI_COMMAND=" + c.command, "CNI_CONTAINERID=c0ffee", "CNI_NETNS=" + c.namespace,
		"CNI_IFNAME=eth0", "CNI_ARGS=" + c.arguments, "CNI_PATH=/opt/cni/bin",
	}
	process.Stdin = strings.NewReader(c.entry)
	said, err := process.Output()
	if err == nil {
		return string(said), nil
	}
	var failure struct {
		Code    int    `json:"code"`
		Message string `json:"msg"`
	}
	if broken := json.Unmarshal(said, &failure); broken != nil || failure.Code == 0 {
		t.Fatalf("an error that no runtime can read: %q (%v)", said, err)
	}
	return "", errors.New(failure.Message)
}

func (w *world) call(command string) call {
	return call{command, path(w.pod), pod("tre-myeloma"), entry(w.t, good, "1.0.0", previous), ""}
}

func (w *world) raise() {
	w.t.Helper()
	said, err := w.call("ADD").run(w.t)
	if err != nil {
		w.t.Fatal(err)
	}
	if said != previous+"\n" {
		w.t.Fatalf("the previous result was changed: %q", said)
	}
}

// fell takes the wall away, as only somebody with rights over the pod's network can.
func (w *world) fell() {
	w.t.Helper()
	w.alter(func(kernel *nftables.Conn) { kernel.DelTable(ours()) })
}

func (w *world) alter(act func(*nftables.Conn)) {
	w.t.Helper()
	file, err := os.Open(path(w.pod))
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	kernel, err := nftables.New(nftables.WithNetNSFd(int(file.Fd())))
	if err != nil {
		w.t.Fatal(err)
	}
	act(kernel)
	if err := kernel.Flush(); err != nil {
		w.t.Fatal(err)
	}
}

type attempt struct {
	says string
	open bool
	try  func() error
}

func (w *world) attempts(a addresses) []attempt {
	found := []attempt{
		{"a door", true, func() error { return w.tcp(w.pod, "", a.door, "8081") }},
		{"the second door", true, func() error { return w.tcp(w.pod, "", a.door, "8082") }},
		{"the third door", true, func() error { return w.tcp(w.pod, "", a.door, "8083") }},
		{"the gateway to the notebook", true, func() error { return w.tcp(w.node, a.gate, a.pod, "8888") }},
		{"loopback by TCP", true, func() error { return w.tcp(w.pod, "", local(a), "9000") }},
		{"the pod's own address", true, func() error { return w.udp(w.pod, "", a.pod, "9000", 0) }},
		{"the door at another port", false, func() error { return w.tcp(w.pod, "", a.door, "9000") }},
		{"the door by UDP", false, func() error { return w.udp(w.pod, "", a.door, "8081", 0) }},
		{"the door by UDP in fragments", false, func() error { return w.udp(w.pod, "", a.door, "8081", 8000) }},
		{"the door by echo request", false, func() error { return w.ping(w.pod, a.pod, a.door, a.version) }},
		{"another address at a door's port", false, func() error { return w.tcp(w.pod, "", a.other, "8081") }},
		{"names by TCP", false, func() error { return w.tcp(w.pod, "", a.door, "53") }},
		{"names by UDP", false, func() error { return w.udp(w.pod, "", a.other, "53", 0) }},
		{"the node's nearest address", false, func() error { return w.tcp(w.pod, "", a.link, "8081") }},
		{"the node by UDP", false, func() error { return w.udp(w.pod, "", a.link, "9000", 0) }},
		{"the node by echo request", false, func() error { return w.ping(w.pod, a.pod, a.link, a.version) }},
		{"the gateway called back", false, func() error { return w.tcp(w.pod, "", a.gate, "8888") }},
		{"the second network", false, func() error { return w.tcp(w.pod, "", a.beyond, "8081") }},
		{"through the pod to another network", false, func() error { return w.tcp(w.node, "", a.beyond, "8081") }},
		{"the notebook from another address", false, func() error { return w.tcp(w.node, a.other, a.pod, "8888") }},
		{"the notebook from a door", false, func() error { return w.tcp(w.node, a.door, a.pod, "8888") }},
		{"the notebook from the node", false, func() error { return w.tcp(w.node, "", a.pod, "8888") }},
		{"the gateway to another port", false, func() error { return w.tcp(w.node, a.gate, a.pod, "8889") }},
		{"the gateway by UDP", false, func() error { return w.udp(w.node, a.gate, a.pod, "8888", 0) }},
		{"the gateway's echo request", false, func() error { return w.ping(w.node, a.gate, a.pod, a.version) }},
	}
	for _, protocol := range []int{47, 132, 253} {
		found = append(found, attempt{fmt.Sprintf("IP protocol %d to the door", protocol), false, func() error {
			return w.send(a.door, a.version, protocol, nil, 0)
		}})
	}
	if a.version == 4 {
		return found
	}
	return append(found, w.sixOnly(a)...)
}

// sixOnly: of ICMPv6 the two messages of neighbour discovery pass, on this link only.
func (w *world) sixOnly(a addresses) []attempt {
	var found []attempt
	for _, message := range []struct {
		says string
		kind byte
		hops int
		open bool
	}{
		{"a neighbour's solicitation", 135, 255, true},
		{"a neighbour's advertisement", 136, 255, true},
		{"a solicitation that may travel", 135, 254, false},
		{"a router solicitation", 133, 255, false},
		{"a router advertisement", 134, 255, false},
		{"a redirect", 137, 255, false},
		{"a listener report", 143, 255, false},
		{"packet too big", 2, 255, false},
		{"an unknown message", 200, 255, false},
	} {
		head := append([]byte{message.kind, 0, 0, 0, 0, 0, 0, 0}, net.ParseIP(a.link)...)
		found = append(found, attempt{message.says, message.open, func() error {
			return w.send(a.link, 6, 58, head, message.hops)
		}})
	}
	return found
}

func local(a addresses) string {
	return map[int]string{4: "127.0.0.1", 6: "::1"}[a.version]
}

// judge makes all attempts side by side.
func judge(t *testing.T, when string, attempts []attempt, walled bool) {
	t.Helper()
	var all sync.WaitGroup
	for _, attempt := range attempts {
		all.Go(func() {
			err := attempt.try()
			if wanted := attempt.open || !walled; (err == nil) != wanted {
				t.Errorf("%s, %s: open should be %v: %v", when, attempt.says, wanted, err)
			}
		})
	}
	all.Wait()
}

func TestWhatAWorkspaceReaches(t *testing.T) {
	for _, a := range families {
		t.Run(fmt.Sprintf("IPv%d", a.version), func(t *testing.T) {
			w := newWorld(t)
			attempts := w.attempts(a)
			judge(t, "without the wall", attempts, false)
			w.raise()
			w.neighbours()
			judge(t, "with the wall", attempts, true)
			w.fell()
			judge(t, "the wall taken away", attempts, false)
		})
	}
}

func TestNeighbourDiscoveryIsNeededAndNothingMore(t *testing.T) {
	w, six := newWorld(t), families[1]
	door := func() error { return w.tcp(w.pod, "", six.door, "8081") }
	chains := Chains(parsed(t, good))
	chains[0].Rules = except(chains[0].Rules, neighbour(solicitation), neighbour(advertisement))
	chains[1].Rules = except(chains[1].Rules, neighbour(solicitation), neighbour(advertisement))
	file, err := Open(path(w.pod))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := Raise(file, chains); err != nil {
		t.Fatal(err)
	}
	w.neighbours()
	if door() == nil {
		t.Error("the door was reached without neighbour discovery: then it should not be open")
	}
	w.raise()
	w.neighbours()
	if err := door(); err != nil {
		t.Errorf("with neighbour discovery the door is open: %v", err)
	}
}

// except leaves out the rules that are equal to one of those named.
func except(rules []Rule, unwanted ...Rule) []Rule {
	var kept []Rule
	for _, rule := range rules {
		if !containsRule(unwanted, rule) {
			kept = append(kept, rule)
		}
	}
	return kept
}

// A blocked packet must not even make the kernel ask for a neighbour: the address asked for would
// carry bits to everybody on the link.
func TestABlockedAddressIsNotAskedFor(t *testing.T) {
	w := newWorld(t)
	asked := func(target string) bool {
		word := net.ParseIP(target).To16()
		frames := w.frames()
		_ = w.udp(w.pod, "", target, "9000", 0)
		return frames(word)
	}
	if !asked("2001:2:0:77::aa:1") {
		t.Fatal("without the wall the kernel asks for a neighbour, and it was not seen")
	}
	w.raise()
	if asked("2001:2:0:77::aa:2") {
		t.Error("with the wall an address that is no door was asked for on the link")
	}
}

func TestEstablishedFlows(t *testing.T) {
	for _, a := range families {
		w := newWorld(t)
		before := w.dial(a.other, "9000")
		if err := exchange(before, token()); err != nil {
			t.Fatal(err)
		}
		w.raise()
		if exchange(before, token()) == nil {
			t.Error("a flow that was open before the wall, to no door, went on")
		}
		door := w.dial(a.door, "8081")
		for range 5 {
			if err := exchange(door, append(token(), make([]byte, 3000)...)); err != nil {
				t.Errorf("the flow to a door stopped: %v", err)
			}
		}
	}
}

func (w *world) dial(to, port string) net.Conn {
	w.t.Helper()
	var opened net.Conn
	mustInside(w.t, w.pod, func() (err error) {
		opened, err = net.DialTimeout("tcp", net.JoinHostPort(to, port), patience)
		return err
	})
	w.t.Cleanup(func() { opened.Close() })
	return opened
}

func TestTheRulesAreThoseThatNftReads(t *testing.T) {
	w := newWorld(t)
	w.raise()
	said, err := exec.Command("ip", "netns", "exec", w.pod, "nft", "-nn", "list", "ruleset").Output()
	if err != nil {
		t.Fatalf("nft, an independent reader of the rules: %v", err)
	}
	wanted, err := os.ReadFile("testdata/ruleset.nft")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(said, wanted) {
		t.Errorf("the kernel has other rules than testdata/ruleset.nft:\n%s", said)
	}
}

func TestOtherNamespacesAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	for _, namespace := range []string{"default", "kube-system", "tre", "tre-", "tre-1", "tre-A", "atre-x", "trex", "tres-a"} {
		for _, conf := range []string{good, `{"type": "tre-wall"}`} {
			c := call{"ADD", path(w.pod), pod(namespace), entry(t, conf, "1.0.0", previous), ""}
			said, err := c.run(t)
			if err != nil || said != previous+"\n" {
				t.Errorf("%s: %q %v", namespace, said, err)
			}
			c.command = "CHECK"
			if _, err := c.run(t); err != nil {
				t.Errorf("%s, CHECK: %v", namespace, err)
			}
		}
	}
	judge(t, "after pods of others", w.attempts(families[0]), false)
	for _, namespace := range []string{"tre-a", "tre-x1", "tre-myeloma-2"} {
		c := call{"ADD", path(w.pod), pod(namespace), entry(t, good, "1.0.0", previous), ""}
		if _, err := c.run(t); err != nil {
			t.Fatal(err)
		}
		if w.tcp(w.pod, "", families[0].other, "8081") == nil {
			t.Errorf("%s got no wall", namespace)
		}
		w.fell()
	}
}

func TestAPodOfUnknownNamespaceIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, arguments := range []string{
		"", "IgnoreUnknown=1", "K8S_POD_NAMESPACE=", "K8S_POD_NAMESPACE",
		"K8S_POD_NAMESPACE=default;K8S_POD_NAMESPACE=tre-a",
	} {
		c := call{"ADD", path(w.pod), arguments, entry(t, good, "1.0.0", previous), ""}
		if _, err := c.run(t); err == nil {
			t.Errorf("%q was let through", arguments)
		}
	}
}

func TestAWallThatCannotStandFailsThePod(t *testing.T) {
	w := newWorld(t)
	whole := w.call("ADD")
	for says, spoil := range map[string]func(*call){
		"no configuration": func(c *call) { c.entry = entry(t, `{"type": "tre-wall"}`, "1.0.0", previous) },
		"a wrong address": func(c *call) {
			c.entry = entry(t, changed(t, "doors addresses", []any{"door"}), "1.0.0", previous)
		},
		"an empty list":             func(c *call) { c.entry = entry(t, changed(t, "doors ports", []any{}), "1.0.0", previous) },
		"first in the chain":        func(c *call) { c.entry = entry(t, good, "1.0.0", "") },
		"a result that is none":     func(c *call) { c.entry = entry(t, good, "1.0.0", `"yes"`) },
		"no namespace":              func(c *call) { c.namespace = "/run/netns/tre-wall-none" },
		"a file":                    func(c *call) { c.namespace = "/etc/hostname" },
		"another kind of namespace": func(c *call) { c.namespace = "/proc/self/ns/uts" },
		"the node's own namespace":  func(c *call) { c.from, c.namespace = w.node, path(w.node) },
		"a version of the future":   func(c *call) { c.entry = entry(t, good, "9.0.0", previous) },
	} {
		spoiled := whole
		spoil(&spoiled)
		if _, err := spoiled.run(t); err == nil {
			t.Errorf("%s: the pod would have started", says)
		}
	}
	said, err := exec.Command("ip", "netns", "exec", w.node, "nft", "list", "ruleset").Output()
	if err != nil || len(said) > 0 {
		t.Errorf("the node was walled in: %v %s", err, said)
	}
	w.raise()
}

func TestCheckNoticesEveryChange(t *testing.T) {
	w := newWorld(t)
	if _, err := w.call("CHECK").run(t); err == nil {
		t.Error("there was no wall yet, and CHECK was content")
	}
	chain := func(number int) *nftables.Chain { return Chains(parsed(t, good))[number].inside(ours()) }
	for says, spoil := range map[string]func(*nftables.Conn){
		"the table gone": func(k *nftables.Conn) { k.DelTable(ours()) },
		"the rules gone": func(k *nftables.Conn) { k.FlushTable(ours()) },
		"a chain gone":   func(k *nftables.Conn) { k.FlushChain(chain(2)); k.DelChain(chain(2)) },
		"one more chain": func(k *nftables.Conn) { k.AddChain(&nftables.Chain{Name: "more", Table: ours()}) },
		"a rule gone": func(k *nftables.Conn) {
			rules, err := k.GetRules(ours(), chain(1))
			if err != nil || k.DelRule(rules[len(rules)-1]) != nil {
				t.Fatal("the last rule could not be taken", err)
			}
		},
		"a rule more": func(k *nftables.Conn) {
			k.AddRule(&nftables.Rule{Table: ours(), Chain: chain(1), Exprs: accept(tcp(443))})
		},
		"a rule for another port": func(k *nftables.Conn) {
			rules, err := k.GetRules(ours(), chain(1))
			if err != nil {
				t.Fatal(err)
			}
			last := rules[len(rules)-1]
			k.ReplaceRule(&nftables.Rule{
				Table: ours(), Chain: chain(1), Handle: last.Handle,
				Exprs: accept(to(parsed(t, good).Doors[1]), tcp(443)),
			})
		},
		"a chain that accepts": func(k *nftables.Conn) {
			open, policy := chain(1), nftables.ChainPolicyAccept
			open.Policy = &policy
			k.AddChain(open)
		},
	} {
		w.raise()
		if _, err := w.call("CHECK").run(t); err != nil {
			t.Fatalf("the wall stands whole: %v", err)
		}
		w.alter(spoil)
		if _, err := w.call("CHECK").run(t); err == nil {
			t.Errorf("%s: CHECK was content", says)
		}
	}
	w.raise()
	w.nft("add table inet " + Name + " { flags dormant; }")
	if _, err := w.call("CHECK").run(t); err == nil {
		t.Error("the table asleep: CHECK was content")
	}
	w.raise()
	other := w.call("CHECK")
	other.entry = entry(t, changed(t, "doors ports", []any{8081}), "1.0.0", previous)
	if _, err := other.run(t); err == nil {
		t.Error("a wall for other doors: CHECK was content")
	}
}

func (w *world) nft(words string) {
	w.t.Helper()
	if said, err := exec.Command("ip", "netns", "exec", w.pod, "nft", words).CombinedOutput(); err != nil {
		w.t.Fatalf("nft %s: %v %s", words, err, said)
	}
}

func TestATeardownNeverFails(t *testing.T) {
	w := newWorld(t)
	w.raise()
	for _, command := range []string{"DEL", "GC"} {
		for says, spoil := range map[string]func(*call){
			"as it should be":     func(*call) {},
			"the namespace gone":  func(c *call) { c.namespace = "/run/netns/tre-wall-none" },
			"no namespace named":  func(c *call) { c.namespace = "" },
			"nothing about a pod": func(c *call) { c.arguments = "" },
			"no configuration":    func(c *call) { c.entry = `{"cniVersion": "1.0.0", "name": "tests"}` },
			"nothing to read":     func(c *call) { c.entry = "" },
			"rubbish to read":     func(c *call) { c.entry = "{{{" },
		} {
			c := w.call(command)
			spoil(&c)
			if said, err := c.run(t); err != nil || said != "" {
				t.Errorf("%s, %s: %q %v", command, says, said, err)
			}
		}
	}
	if _, err := w.call("CHECK").run(t); err != nil {
		t.Errorf("the wall ends with its namespace, not before: %v", err)
	}
}

func TestEveryVersionOfTheSpecification(t *testing.T) {
	w := newWorld(t)
	said, err := call{command: "VERSION"}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"} {
		if !strings.Contains(said, `"`+version+`"`) {
			t.Errorf("VERSION does not name %s: %s", version, said)
		}
		result := strings.Replace(previous, "1.0.0", version, 1)
		if strings.HasPrefix(version, "0.") {
			result = `{"cniVersion":"` + version + `","ips":[{"version":"4","address":"198.18.77.2/24"}],"dns":{}}`
		}
		c := call{"ADD", path(w.pod), pod("tre-myeloma"), entry(t, good, version, result), ""}
		if said, err := c.run(t); err != nil || said != result+"\n" {
			t.Errorf("%s: %q %v", version, said, err)
		}
		c.command = "CHECK"
		if _, err := c.run(t); (err == nil) != (version >= "0.4.0") {
			t.Errorf("%s, CHECK: %v", version, err)
		}
		w.fell()
	}
}

func TestStatusSaysWhetherThePluginIsReady(t *testing.T) {
	ready := call{command: "STATUS", entry: entry(t, good, "1.1.0", "")}
	if _, err := ready.run(t); err != nil {
		t.Errorf("it is ready: %v", err)
	}
	ready.entry = entry(t, `{"type": "tre-wall"}`, "1.1.0", "")
	if _, err := ready.run(t); err == nil {
		t.Error("without a configuration it cannot be ready")
	}
}

// Two runtimes' attempts at the same pod at the same time leave one whole wall.
func TestAWallRaisedTwiceIsOneWall(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _, _ = w.call("ADD").run(t) })
	}
	all.Wait()
	w.raise()
	if _, err := w.call("CHECK").run(t); err != nil {
		t.Error(err)
	}
}

// A process of the pod, without capabilities, cannot touch the wall; with NET_ADMIN it could.
func TestAPodCannotTouchItsWall(t *testing.T) {
	w := newWorld(t)
	w.raise()
	flush := "nft flush ruleset"
	for says, words := range map[string][]string{
		"without capabilities":  {"setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "sh", "-c", flush},
		"as an ordinary user":   {"setpriv", "--reuid=65534", "--clear-groups", "--regid=65534", "sh", "-c", flush},
		"root of its own users": {"setpriv", "--reuid=65534", "--clear-groups", "--regid=65534", "unshare", "-Ur", "sh", "-c", flush},
	} {
		command := exec.Command("ip", append([]string{"netns", "exec", w.pod}, words...)...)
		if said, err := command.CombinedOutput(); err == nil {
			t.Errorf("%s: the wall was taken away: %s", says, said)
		}
		if _, err := w.call("CHECK").run(t); err != nil {
			t.Errorf("%s: %v", says, err)
		}
	}
	w.nft("flush ruleset")
	if _, err := w.call("CHECK").run(t); err == nil {
		t.Error("NET_ADMIN flushed the rules and CHECK was content")
	}
}

func TestHowLongItTakes(t *testing.T) {
	w := newWorld(t)
	w.raise()
	began := time.Now()
	for range 20 {
		w.raise()
	}
	t.Logf("ADD, process and reading back included: %v", time.Since(began)/20)
}
