// A world for the tests: a pod, a node and something behind the pod, each a network namespace that
// is made here and taken away again, and the attempts that can be made between them.
//
// The node has three more addresses: a door, another address and the gateway. All come from the
// ranges for benchmarks (198.18.0.0/15, 2001:2::/48), so nothing real is ever called.
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// patience is how long an attempt waits; what is open here answers within a few milliseconds.
const patience = 700 * time.Millisecond

var worlds atomic.Int64

type world struct {
	t                 *testing.T
	pod, node, beyond string
	raw               rawLog
}

// addresses of one family.
type addresses struct {
	pod, link, door, other, gate, beyond string
	version                              int
}

var families = []addresses{
	{"198.18.77.2", "198.18.77.1", "198.18.88.10", "198.18.88.20", "198.18.88.30", "198.18.99.2", 4},
	{"2001:2:0:77::2", "2001:2:0:77::1", "2001:2:0:88::10", "2001:2:0:88::20", "2001:2:0:88::30", "2001:2:0:99::2", 6},
}

func (a addresses) echo() int {
	return map[int]int{4: 1, 6: 58}[a.version]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests make network namespaces: run them as root")
	}
	name := fmt.Sprintf("tre-wall-%d-%d-", os.Getpid(), worlds.Add(1))
	w := &world{t: t, pod: name + "pod", node: name + "node", beyond: name + "beyond"}
	for _, namespace := range []string{w.pod, w.node, w.beyond} {
		w.ip("netns", "add", namespace)
		t.Cleanup(func() { w.ip("netns", "del", namespace) })
		w.set(namespace, "ipv6/conf/default/accept_dad", "0")
		w.set(namespace, "ipv6/conf/all/accept_dad", "0")
		w.ip("-n", namespace, "link", "set", "lo", "up")
	}
	w.cable(w.node, "pod", w.pod, "eth0")
	w.cable(w.pod, "more", w.beyond, "eth0")
	for _, a := range families {
		w.address(w.node, "pod", a.link)
		w.address(w.pod, "eth0", a.pod)
		w.address(w.pod, "more", strings.TrimSuffix(a.beyond, "2")+"1")
		w.address(w.beyond, "eth0", a.beyond)
		for _, extra := range []string{a.door, a.other, a.gate} {
			w.single(extra)
		}
		w.route(w.pod, a.version, "default", a.link)
		w.route(w.node, a.version, a.beyond, a.pod)
		w.route(w.beyond, a.version, "default", strings.TrimSuffix(a.beyond, "2")+"1")
	}
	// The pod is made a router, which no pod is, so that the forward chain has work.
	w.set(w.pod, "ipv4/ip_forward", "1")
	w.set(w.pod, "ipv6/conf/all/forwarding", "1")
	w.serve()
	w.settle()
	return w
}

// settle waits until the links carry: the kernel brings them up in its own time.
func (w *world) settle() {
	w.t.Helper()
	for _, a := range families {
		for _, target := range []string{a.door, a.beyond} {
			for end := time.Now().Add(10 * time.Second); w.tcp(w.pod, "", target, "8081") != nil; {
				if time.Now().After(end) {
					w.t.Fatalf("the world is not there after 10 s: %s", target)
				}
			}
		}
	}
}

func (w *world) ip(words ...string) {
	w.t.Helper()
	if said, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
		w.t.Fatalf("ip %s: %v %s", strings.Join(words, " "), err, said)
	}
}

func (w *world) cable(one, end, other, otherEnd string) {
	w.ip("link", "add", end, "netns", one, "type", "veth", "peer", "name", otherEnd, "netns", other)
	w.ip("-n", one, "link", "set", end, "up")
	w.ip("-n", other, "link", "set", otherEnd, "up")
}

func (w *world) address(namespace, device, address string) {
	if strings.Contains(address, ":") {
		w.ip("-n", namespace, "addr", "add", address+"/64", "dev", device, "nodad")
		return
	}
	w.ip("-n", namespace, "addr", "add", address+"/24", "dev", device)
}

func (w *world) route(namespace string, version int, to, via string) {
	w.ip("-n", namespace, fmt.Sprintf("-%d", version), "route", "add", to, "via", via)
}

// single gives the node one more address; an IPv6 address is used at once, not only when it is proved unique.
func (w *world) single(address string) {
	words := []string{"-n", w.node, "addr", "add", address, "dev", "lo"}
	if strings.Contains(address, ":") {
		words = append(words, "nodad")
	}
	w.ip(words...)
}

func (w *world) set(namespace, setting, value string) {
	w.t.Helper()
	mustInside(w.t, namespace, func() error {
		return os.WriteFile("/proc/sys/net/"+setting, []byte(value), 0o644)
	})
}

func path(namespace string) string {
	return "/run/netns/" + namespace
}

// mustInside runs a function on a thread of its own inside a network namespace.
func mustInside(t *testing.T, namespace string, act func() error) {
	t.Helper()
	if err := inside(namespace, act); err != nil {
		t.Fatalf("in %s: %v", namespace, err)
	}
}

func inside(namespace string, act func() error) error {
	answer := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends here, and /proc/sys is looked up by thread
		file, err := os.Open(path(namespace))
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = act()
		}
		answer <- err
	}()
	return <-answer
}

// serve answers on every address of the node, in the pod and behind it: TCP and UDP echo what they
// get; raw packets are written down.
func (w *world) serve() {
	for _, place := range []string{w.node, w.pod, w.beyond} {
		for _, port := range []string{"53", "8081", "8082", "8083", "8888", "8889", "9000"} {
			w.serveTCP(place, port)
			w.serveUDP(place, port)
		}
	}
	for _, protocol := range []string{"47", "132", "253"} {
		w.serveRaw("ip4:" + protocol)
		w.serveRaw("ip6:" + protocol)
	}
	w.serveRaw("ip6:58")
}

func (w *world) serveTCP(place, port string) {
	mustInside(w.t, place, func() error {
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		w.t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				call, err := listener.Accept()
				if err != nil {
					return
				}
				go echo(call)
			}
		}()
		return nil
	})
}

func echo(call net.Conn) {
	defer call.Close()
	room := make([]byte, 1<<16)
	for {
		count, err := call.Read(room)
		if err != nil {
			return
		}
		if _, err := call.Write(room[:count]); err != nil {
			return
		}
	}
}

// serveUDP answers from the address that was called, so it listens once for each address.
func (w *world) serveUDP(place, port string) {
	for _, a := range families {
		at := map[string][]string{w.node: {a.link, a.door, a.other, a.gate}, w.pod: {a.pod}, w.beyond: {a.beyond}}[place]
		for _, address := range at {
			w.echoUDP(place, net.JoinHostPort(address, port))
		}
	}
}

func (w *world) echoUDP(place, address string) {
	mustInside(w.t, place, func() error {
		socket, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		w.t.Cleanup(func() { socket.Close() })
		go func() {
			room := make([]byte, 1<<16)
			for {
				count, caller, err := socket.ReadFrom(room)
				if err != nil {
					return
				}
				_, _ = socket.WriteTo(room[:count], caller)
			}
		}()
		return nil
	})
}

// rawLog is what arrived at the node on raw sockets.
type rawLog struct {
	lock sync.Mutex
	seen [][]byte
}

func (w *world) serveRaw(network string) {
	mustInside(w.t, w.node, func() error {
		socket, err := net.ListenPacket(network, "")
		if err != nil {
			return err
		}
		w.t.Cleanup(func() { socket.Close() })
		go func() {
			room := make([]byte, 1<<16)
			for {
				count, _, err := socket.ReadFrom(room)
				if err != nil {
					return
				}
				w.raw.lock.Lock()
				w.raw.seen = append(w.raw.seen, bytes.Clone(room[:count]))
				w.raw.lock.Unlock()
			}
		}()
		return nil
	})
}

func (w *world) arrived(token []byte) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		w.raw.lock.Lock()
		for _, seen := range w.raw.seen {
			if bytes.Contains(seen, token) {
				w.raw.lock.Unlock()
				return true
			}
		}
		w.raw.lock.Unlock()
	}
	return false
}

var tokens atomic.Int64

func token() []byte {
	return fmt.Appendf(nil, "token-%06d-", tokens.Add(1))
}

// tcp and udp: an echo comes back. Answers nil or why not.
func (w *world) tcp(place, from, to, port string) error {
	return inside(place, func() error {
		dialer := net.Dialer{Timeout: patience}
		if from != "" {
			dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
		}
		call, err := dialer.Dial("tcp", net.JoinHostPort(to, port))
		if err != nil {
			return err
		}
		defer call.Close()
		return exchange(call, token())
	})
}

func (w *world) udp(place, from, to, port string, size int) error {
	return inside(place, func() error {
		dialer := net.Dialer{Timeout: patience}
		if from != "" {
			dialer.LocalAddr = &net.UDPAddr{IP: net.ParseIP(from)}
		}
		call, err := dialer.Dial("udp", net.JoinHostPort(to, port))
		if err != nil {
			return err
		}
		defer call.Close()
		return exchange(call, append(token(), make([]byte, size)...))
	})
}

func exchange(call net.Conn, word []byte) error {
	_ = call.SetDeadline(time.Now().Add(patience))
	if _, err := call.Write(word); err != nil {
		return err
	}
	room := make([]byte, 1<<16)
	count, err := call.Read(room)
	if err == nil && !bytes.Equal(room[:count], word) {
		err = fmt.Errorf("another answer: %q", room[:count])
	}
	return err
}

// ping sends an echo request with a payload and waits for its reply.
func (w *world) ping(place, from, to string, version int) error {
	return inside(place, func() error {
		network, kind := "ip4:icmp", icmp.Type(ipv4.ICMPTypeEcho)
		if version == 6 {
			network, kind = "ip6:ipv6-icmp", ipv6.ICMPTypeEchoRequest
		}
		socket, err := icmp.ListenPacket(network, from)
		if err != nil {
			return err
		}
		defer socket.Close()
		word := append(token(), make([]byte, 1024)...)
		message := icmp.Message{Type: kind, Body: &icmp.Echo{ID: 7, Seq: int(tokens.Add(1)), Data: word}}
		text, err := message.Marshal(icmp.IPv6PseudoHeader(net.ParseIP(from), net.ParseIP(to)))
		if version == 4 {
			text, err = message.Marshal(nil)
		}
		if err != nil {
			return err
		}
		if _, err := socket.WriteTo(text, &net.IPAddr{IP: net.ParseIP(to)}); err != nil {
			return err
		}
		return reply(socket, word, version)
	})
}

func reply(socket *icmp.PacketConn, word []byte, version int) error {
	_ = socket.SetDeadline(time.Now().Add(patience))
	wanted := map[int]byte{4: 0, 6: 129}[version]
	room := make([]byte, 1<<16)
	for {
		count, _, err := socket.ReadFrom(room)
		if err != nil {
			return err
		}
		if room[0] == wanted && bytes.Contains(room[:count], word) {
			return nil
		}
	}
}

// send throws one raw packet of any IP protocol and looks for it at the node.
func (w *world) send(to string, version, protocol int, head []byte, hops int) error {
	word := token()
	err := inside(w.pod, func() error {
		socket, err := net.ListenPacket(fmt.Sprintf("ip%d:%d", version, protocol), "")
		if err != nil {
			return err
		}
		defer socket.Close()
		if hops != 0 {
			if err := ipv6.NewPacketConn(socket).SetHopLimit(hops); err != nil {
				return err
			}
		}
		_, err = socket.WriteTo(append(head, word...), &net.IPAddr{IP: net.ParseIP(to)})
		return err
	})
	if err == nil && !w.arrived(word) {
		err = os.ErrDeadlineExceeded
	}
	return err
}

// neighbours forgets every neighbour of the pod, so that the next IPv6 packet has to ask again.
func (w *world) neighbours() {
	w.ip("-n", w.pod, "neigh", "flush", "all")
	w.ip("-n", w.node, "neigh", "flush", "all")
}

// program builds the plug-in once for all tests, as it is shipped.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "tre-wall-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, Name)
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// built answers the program's path.
func built(t *testing.T) string {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func containsRule(rules []Rule, wanted Rule) bool {
	return slices.ContainsFunc(rules, func(rule Rule) bool { return reflect.DeepEqual(rule, wanted) })
}

// frames begins to write down every frame that reaches the node from the pod; what it answers says
// whether one of them held these bytes.
func (w *world) frames() func([]byte) bool {
	var socket int
	mustInside(w.t, w.node, func() (err error) {
		socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(htons(unix.ETH_P_ALL)))
		return err
	})
	wait := unix.NsecToTimeval(patience.Nanoseconds())
	if err := unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		w.t.Fatal(err)
	}
	return func(word []byte) bool {
		defer unix.Close(socket)
		room := make([]byte, 1<<16)
		for {
			count, _, err := unix.Recvfrom(socket, room, 0)
			if err != nil {
				return false
			}
			if bytes.Contains(room[:count], word) {
				return true
			}
		}
	}
}

func htons(number uint16) uint16 {
	return number<<8 | number>>8
}
