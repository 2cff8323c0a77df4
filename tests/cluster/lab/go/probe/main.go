// A static program for test pods: it waits, serves, or tries, and says what happened in JSON.
//
//	pause                     wait for a signal and bury orphans: the sandbox's first process
//	serve TCP UDP [ADDRESS]   answer on lists of ports ("-" for none): who asks, and what was sent
//	try DEADLINE_MS JSON      a list of attempts, all at once; one answer each
//	hold HOST PORT            one connection that says a line every 50 ms until nothing comes back
//	hear HOST PORT PROTOCOL   ask once (tcp, udp) for a line every 50 ms, until nothing comes
//	burst HOST PORT COUNT     that many connections from the first moment on, then wait
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fail("say pause, serve, try, hold, hear or burst")
	}
	switch given := append(os.Args[2:], "", "", ""); os.Args[1] {
	case "pause":
		pause()
	case "serve":
		serve(given[0], given[1], given[2])
	case "try":
		try(time.Duration(number(given[0]))*time.Millisecond, given[1])
	case "hold":
		hold(net.JoinHostPort(given[0], given[1]))
	case "hear":
		hear(net.JoinHostPort(given[0], given[1]), given[2])
	case "burst":
		burst(net.JoinHostPort(given[0], given[1]), number(given[2]))
	default:
		fail("unknown word " + os.Args[1])
	}
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	os.Exit(2)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fail("not a number: " + text)
	}
	return value
}

func say(value any) {
	_ = json.NewEncoder(os.Stdout).Encode(value)
}

func pause() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for caught := range signals {
		if caught != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}

// Serving.

type greeting struct {
	Peer  string `json:"peer"`
	Local string `json:"local"`
}

func serve(tcp, udp, address string) {
	for _, port := range ports(tcp) {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, port))
		if err != nil {
			fail(err.Error())
		}
		go accept(listener)
	}
	for _, port := range ports(udp) {
		for _, socket := range datagrams(address, port) {
			go answer(socket)
		}
	}
	say(map[string]bool{"serving": true})
	pause()
}

func ports(list string) []string {
	if list == "-" || list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail(err.Error())
		}
		go func() {
			defer connection.Close()
			_ = json.NewEncoder(connection).Encode(
				greeting{connection.RemoteAddr().String(), connection.LocalAddr().String()})
			converse(connection)
		}()
	}
}

const asked = "push\n"

// Whatever is said comes back; asked to push, it talks by itself.
func converse(connection net.Conn) {
	lines := bufio.NewReader(connection)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if line == asked {
			push(func(text []byte) error {
				_, err := connection.Write(text)
				return err
			})
			return
		}
		if _, err = io.WriteString(connection, line); err != nil {
			return
		}
	}
}

func push(send func([]byte) error) {
	for count := range 600 {
		if send(fmt.Appendf(nil, "%d\n", count)) != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A wildcard socket would answer from any address of the machine, so each address has its own.
func datagrams(address, port string) []net.PacketConn {
	var hosts []string
	if address != "" {
		hosts = []string{address}
	} else {
		all, err := net.InterfaceAddrs()
		if err != nil {
			fail(err.Error())
		}
		for _, one := range all {
			prefix, err := netip.ParsePrefix(one.String())
			if err == nil && !prefix.Addr().IsLinkLocalUnicast() {
				hosts = append(hosts, prefix.Addr().String())
			}
		}
		slices.Sort(hosts) // a node has its gateway's address on every pod's interface
		hosts = slices.Compact(hosts)
	}
	var sockets []net.PacketConn
	for _, host := range hosts {
		socket, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
		if err != nil {
			fail(err.Error())
		}
		sockets = append(sockets, socket)
	}
	return sockets
}

func answer(socket net.PacketConn) {
	buffer := make([]byte, 2048)
	for {
		size, peer, err := socket.ReadFrom(buffer)
		if err != nil {
			continue
		}
		if string(buffer[:size]) == asked {
			go push(func(text []byte) error {
				_, _ = socket.WriteTo(text, peer) // one that got lost does not end it
				return nil
			})
			continue
		}
		text, _ := json.Marshal(greeting{peer.String(), socket.LocalAddr().String()})
		_, _ = socket.WriteTo(text, peer)
	}
}

// Trying.

type attempt struct {
	Protocol string `json:"protocol"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	From     string `json:"from,omitempty"`
}

type result struct {
	attempt
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	Millis  int64  `json:"ms"`
}

func try(deadline time.Duration, list string) {
	var attempts []attempt
	if err := json.Unmarshal([]byte(list), &attempts); err != nil {
		fail("the list of attempts: " + err.Error())
	}
	results := make([]result, len(attempts))
	var all sync.WaitGroup
	for index, one := range attempts {
		all.Add(1)
		go func() {
			defer all.Done()
			results[index] = one.run(deadline)
		}()
	}
	all.Wait()
	say(results)
}

func (one attempt) run(deadline time.Duration) result {
	began := time.Now()
	ways := map[string]func(time.Time) (string, error){"tcp": one.tcp, "udp": one.udp, "icmp": one.icmp}
	way, known := ways[one.Protocol]
	if !known {
		fail("unknown protocol " + one.Protocol)
	}
	detail, err := way(began.Add(deadline))
	took := time.Since(began).Milliseconds()
	if err != nil {
		return result{one, named(err), err.Error(), took}
	}
	return result{one, "open", detail, took}
}

func named(err error) string {
	var slow net.Error
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return "blocked"
	case errors.Is(err, syscall.EAGAIN), errors.As(err, &slow) && slow.Timeout():
		return "blocked"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "unreachable"
	}
	return "error"
}

func (one attempt) place() string {
	return net.JoinHostPort(one.Host, strconv.Itoa(one.Port))
}

// Connected and greeted: a connection that only the kernel answered is not enough.
func (one attempt) tcp(until time.Time) (string, error) {
	dialer := net.Dialer{Deadline: until}
	if one.From != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(one.From)}
	}
	connection, err := dialer.Dial("tcp", one.place())
	if err != nil {
		return "", err
	}
	defer connection.Close()
	_ = connection.SetDeadline(until)
	line, err := bufio.NewReader(connection).ReadString('\n')
	return strings.TrimSpace(line), err
}

// Datagrams get lost, so it is sent again until the deadline.
func (one attempt) udp(until time.Time) (string, error) {
	dialer := net.Dialer{}
	if one.From != "" {
		dialer.LocalAddr = &net.UDPAddr{IP: net.ParseIP(one.From)}
	}
	connection, err := dialer.Dial("udp", one.place())
	if err != nil {
		return "", err
	}
	defer connection.Close()
	buffer := make([]byte, 2048)
	for {
		if _, err = connection.Write([]byte("?")); err != nil {
			return "", err
		}
		pause := time.Now().Add(150 * time.Millisecond)
		if pause.After(until) {
			pause = until
		}
		_ = connection.SetReadDeadline(pause)
		size, err := connection.Read(buffer)
		if err == nil {
			return string(buffer[:size]), nil
		}
		if time.Now().After(until) || named(err) != "blocked" {
			return "", err
		}
	}
}

// Echo requests with 1 kB of payload. The kernel's ping sockets need no capability; where the
// machine keeps them closed, root has raw ones, which also see what others get.
func (one attempt) icmp(until time.Time) (string, error) {
	address, err := netip.ParseAddr(one.Host)
	if err != nil {
		return "", err
	}
	socket, raw, err := ping(address, one.From)
	if err != nil { // not an attempt that failed: no attempt could be made
		return "", fmt.Errorf("no socket: %v", err)
	}
	defer syscall.Close(socket)
	if err = syscall.Connect(socket, target(address)); err != nil {
		return "", err
	}
	packet, reply := echo(address, raw)
	buffer := make([]byte, 4096)
	again := time.Now()
	for {
		if !time.Now().Before(again) {
			if _, err = syscall.Write(socket, packet); err != nil && !errors.Is(err, syscall.EINTR) {
				return "", err
			}
			again = time.Now().Add(150 * time.Millisecond)
		}
		size, err := syscall.Read(socket, buffer)
		if err == nil && answers(buffer[:size], packet, reply, raw, address) {
			return "echo reply", nil
		}
		// The runtime's own signals end a read before its time.
		if err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) {
			return "", err
		}
		if time.Now().After(until) {
			return "", syscall.EAGAIN
		}
	}
}

func target(address netip.Addr) syscall.Sockaddr {
	if address.Is4() {
		return &syscall.SockaddrInet4{Addr: address.As4()}
	}
	return &syscall.SockaddrInet6{Addr: address.As16()}
}

func ping(address netip.Addr, from string) (socket int, raw bool, err error) {
	family, protocol := syscall.AF_INET, syscall.IPPROTO_ICMP
	if address.Is6() {
		family, protocol = syscall.AF_INET6, syscall.IPPROTO_ICMPV6
	}
	socket, err = syscall.Socket(family, syscall.SOCK_DGRAM, protocol)
	if errors.Is(err, syscall.EACCES) {
		raw = true
		socket, err = syscall.Socket(family, syscall.SOCK_RAW, protocol)
	}
	if err != nil {
		return socket, raw, err
	}
	short := syscall.NsecToTimeval(int64(50 * time.Millisecond))
	if err = syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &short); err != nil {
		return socket, raw, err
	}
	if from != "" {
		err = syscall.Bind(socket, target(netip.MustParseAddr(from)))
	}
	return socket, raw, err
}

// The kernel fills in the identifier of ping sockets and every checksum but that of raw IPv4.
func echo(address netip.Addr, raw bool) (packet []byte, reply byte) {
	packet = append([]byte{8, 0, 0, 0, byte(rand.Uint32()), byte(rand.Uint32()), 0, 1}, make([]byte, 1024)...)
	if address.Is6() {
		packet[0] = 128
		return packet, 129
	}
	if raw {
		sum := uint32(0)
		for index := 0; index < len(packet); index += 2 {
			sum += uint32(packet[index])<<8 | uint32(packet[index+1])
		}
		sum = sum>>16 + sum&0xffff
		sum += sum >> 16
		packet[2], packet[3] = byte(^sum>>8), byte(^sum)
	}
	return packet, 0
}

func answers(got, sent []byte, reply byte, raw bool, address netip.Addr) bool {
	if raw && address.Is4() && len(got) > 0 { // with its IP header
		got = got[min(len(got), int(got[0]&15)*4):]
	}
	return len(got) > 8 && got[0] == reply && (!raw || string(got[4:8]) == string(sent[4:8]))
}

// Holding on.

func hold(place string) {
	connection, err := net.DialTimeout("tcp", place, 5*time.Second)
	if err != nil {
		fail(err.Error())
	}
	reader := bufio.NewReader(connection)
	_, _ = reader.ReadString('\n')
	began, last := time.Now(), time.Now()
	for count := 1; ; count++ {
		_ = connection.SetDeadline(time.Now().Add(2 * time.Second))
		if _, err = fmt.Fprintf(connection, "%d\n", count); err == nil {
			_, err = reader.ReadString('\n')
		}
		if err != nil {
			say(map[string]any{"ended": true, "after_ms": last.Sub(began).Milliseconds(), "why": err.Error()})
			return
		}
		last = time.Now()
		say(map[string]any{"echo": count, "at": last.UnixMilli()})
		time.Sleep(50 * time.Millisecond)
	}
}

func hear(place, protocol string) {
	connection, err := net.DialTimeout(protocol, place, 5*time.Second)
	if err != nil {
		fail(err.Error())
	}
	if _, err = io.WriteString(connection, asked); err != nil {
		fail(err.Error())
	}
	buffer := make([]byte, 2048)
	for count := 1; ; count++ {
		_ = connection.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err = connection.Read(buffer); err != nil {
			say(map[string]any{"ended": true, "why": err.Error()})
			return
		}
		say(map[string]any{"echo": count, "at": time.Now().UnixMilli()})
	}
}

func burst(place string, count int) {
	var all sync.WaitGroup
	var lock sync.Mutex
	arrived := 0
	for index := range count {
		all.Add(1)
		go func() {
			defer all.Done()
			time.Sleep(time.Duration(index) * 10 * time.Millisecond)
			connection, err := net.DialTimeout("tcp", place, time.Second)
			if err != nil {
				return
			}
			connection.Close()
			lock.Lock()
			arrived++
			lock.Unlock()
		}()
	}
	all.Wait()
	say(map[string]int{"tried": count, "arrived": arrived})
	pause()
}
