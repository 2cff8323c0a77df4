// What the rules mean, told by a second reading of them: a small packet filter in this file that
// knows the six expressions and nothing of how the rules were made. Needs no privileges.
package main

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/nftables/expr"
)

const (
	fresh       = expr.CtStateBitNEW
	established = expr.CtStateBitESTABLISHED
	related     = expr.CtStateBitRELATED
	invalid     = expr.CtStateBitINVALID
	untracked   = expr.CtStateBitUNTRACKED
)

type packet struct {
	from, to string
	protocol byte
	port     uint16 // of the destination; for ICMP type and code
	hops     byte
	state    uint32
	in, out  uint32
}

func (p packet) network() []byte {
	from, to := netip.MustParseAddr(p.from), netip.MustParseAddr(p.to)
	if from.Is4() {
		return append(append(make([]byte, 12), from.AsSlice()...), to.AsSlice()...)
	}
	header := append(append(make([]byte, 8), from.AsSlice()...), to.AsSlice()...)
	header[7] = p.hops
	return header
}

func (p packet) transport() []byte {
	number := binary.BigEndian.AppendUint16(nil, p.port)
	if p.protocol == 1 || p.protocol == 58 {
		return append(number, 0, 0)
	}
	return append([]byte{0x9c, 0x40}, number...)
}

func (p packet) meta(key expr.MetaKey) []byte {
	switch key {
	case expr.MetaKeyIIF:
		return binary.NativeEndian.AppendUint32(nil, p.in)
	case expr.MetaKeyOIF:
		return binary.NativeEndian.AppendUint32(nil, p.out)
	case expr.MetaKeyL4PROTO:
		return []byte{p.protocol}
	case expr.MetaKeyNFPROTO:
		if netip.MustParseAddr(p.from).Is4() {
			return []byte{2}
		}
		return []byte{10}
	}
	panic("a key that this reading does not know")
}

func (p packet) accepted(chain Chain) bool {
	for _, rule := range chain.Rules {
		if p.matches(rule) {
			return true
		}
	}
	return false
}

func (p packet) matches(rule Rule) bool {
	var register []byte
	for _, part := range rule {
		switch part := part.(type) {
		case *expr.Meta:
			register = p.meta(part.Key)
		case *expr.Ct:
			register = binary.NativeEndian.AppendUint32(nil, p.state)
		case *expr.Payload:
			header := p.network()
			if part.Base == expr.PayloadBaseTransportHeader {
				header = p.transport()
			}
			if int(part.Offset+part.Len) > len(header) {
				return false
			}
			register = bytes.Clone(header[part.Offset : part.Offset+part.Len])
		case *expr.Bitwise:
			for at := range register {
				register[at] = register[at]&part.Mask[at] ^ part.Xor[at]
			}
		case *expr.Cmp:
			if bytes.Equal(register, part.Data) != (part.Op == expr.CmpOpEq) {
				return false
			}
		case *expr.Verdict:
			return part.Kind == expr.VerdictAccept
		default:
			panic("an expression that this reading does not know")
		}
	}
	panic("a rule without a verdict")
}

func TestTheMeaningOfTheRules(t *testing.T) {
	const pod4, pod6, door4, door6 = "198.18.77.2", "2001:2:0:77::2", "198.18.88.10", "2001:2:0:88::10"
	const other4, other6, gate4, gate6 = "198.18.88.20", "2001:2:0:88::20", "198.18.88.30", "2001:2:0:88::30"
	chains := map[string]Chain{}
	for _, chain := range Chains(parsed(t, good)) {
		chains[chain.Name] = chain
	}
	for _, row := range []struct {
		chain string
		says  string
		packet
		open bool
	}{
		{"output", "a door", packet{pod4, door4, 6, 8081, 64, fresh, 0, 2}, true},
		{"output", "the last door", packet{pod6, door6, 6, 8083, 64, fresh, 0, 2}, true},
		{"output", "a port between", packet{pod4, door4, 6, 8080, 64, fresh, 0, 2}, false},
		{"output", "a door by UDP", packet{pod4, door4, 17, 8081, 64, fresh, 0, 2}, false},
		{"output", "a door by SCTP", packet{pod6, door6, 132, 8081, 64, fresh, 0, 2}, false},
		{"output", "another address", packet{pod4, other4, 6, 8081, 64, fresh, 0, 2}, false},
		{"output", "another address", packet{pod6, other6, 6, 8081, 64, fresh, 0, 2}, false},
		{"output", "an IPv6 address that spells a door where IPv4 has it", packet{"2001:2:0:77:c612:580a::", other6, 6, 8081, 64, fresh, 0, 2}, false},
		{"output", "the metadata address", packet{pod4, "169.254.169.254", 6, 80, 64, fresh, 0, 2}, false},
		{"output", "a caller", packet{pod4, gate4, 6, 8888, 64, fresh, 0, 2}, false},
		{"output", "an answer", packet{pod4, gate4, 6, 40000, 64, established, 0, 2}, true},
		{"output", "a related packet", packet{pod4, gate4, 1, 0x0304, 64, related, 0, 2}, false},
		{"output", "an invalid packet", packet{pod4, other4, 6, 8081, 64, invalid, 0, 2}, false},
		{"output", "an untracked packet", packet{pod4, other4, 6, 8081, 64, untracked, 0, 2}, false},
		{"output", "loopback", packet{"127.0.0.1", "127.0.0.1", 17, 9, 64, fresh, 0, 1}, true},
		{"output", "a loopback address on the wire", packet{"127.0.0.1", "127.0.0.1", 17, 9, 64, fresh, 0, 2}, false},
		{"output", "an echo to a door", packet{pod4, door4, 1, 0x0800, 64, fresh, 0, 2}, false},
		{"output", "an echo to a door", packet{pod6, door6, 58, 0x8000, 64, fresh, 0, 2}, false},
		{"output", "a solicitation", packet{pod6, "ff02::1:ff00:1", 58, 0x8700, 255, untracked, 0, 2}, true},
		{"output", "an advertisement", packet{pod6, "fe80::1", 58, 0x8800, 255, untracked, 0, 2}, true},
		{"output", "a solicitation that may travel", packet{pod6, other6, 58, 0x8700, 64, untracked, 0, 2}, false},
		{"output", "a solicitation with a code", packet{pod6, other6, 58, 0x8701, 255, untracked, 0, 2}, false},
		{"output", "a solicitation's type in IPv4", packet{pod4, other4, 58, 0x8700, 255, fresh, 0, 2}, false},
		{"output", "a router solicitation", packet{pod6, "ff02::2", 58, 0x8500, 255, untracked, 0, 2}, false},
		{"output", "a redirect", packet{pod6, "fe80::1", 58, 0x8900, 255, untracked, 0, 2}, false},
		{"output", "a listener report", packet{pod6, "ff02::16", 58, 0x8f00, 1, untracked, 0, 2}, false},
		{"input", "the gateway", packet{gate4, pod4, 6, 8888, 64, fresh, 2, 0}, true},
		{"input", "the gateway", packet{gate6, pod6, 6, 8888, 64, fresh, 2, 0}, true},
		{"input", "one of a range", packet{"198.18.90.255", pod4, 6, 8888, 64, fresh, 2, 0}, true},
		{"input", "one of a range", packet{"2001:2:0:90::ffff", pod6, 6, 8888, 64, fresh, 2, 0}, true},
		{"input", "one beside a range", packet{"198.18.91.0", pod4, 6, 8888, 64, fresh, 2, 0}, false},
		{"input", "one beside a range", packet{"2001:2:0:91::", pod6, 6, 8888, 64, fresh, 2, 0}, false},
		{"input", "the gateway at another port", packet{gate4, pod4, 6, 8889, 64, fresh, 2, 0}, false},
		{"input", "the gateway by UDP", packet{gate4, pod4, 17, 8888, 64, fresh, 2, 0}, false},
		{"input", "somebody else", packet{other4, pod4, 6, 8888, 64, fresh, 2, 0}, false},
		{"input", "a door that calls", packet{door4, pod4, 6, 8888, 64, fresh, 2, 0}, false},
		{"input", "an answer", packet{door4, pod4, 6, 40000, 64, established, 2, 0}, true},
		{"input", "a path that takes less", packet{"198.18.77.1", pod4, 1, 0x0304, 64, related, 2, 0}, true},
		{"input", "a packet too big", packet{"2001:2:0:77::1", pod6, 58, 0x0200, 64, related, 2, 0}, true},
		{"input", "a related flow", packet{door4, pod4, 6, 20, 64, related, 2, 0}, false},
		{"input", "an echo", packet{gate4, pod4, 1, 0x0800, 64, fresh, 2, 0}, false},
		{"input", "a router advertisement", packet{"fe80::1", pod6, 58, 0x8600, 255, untracked, 2, 0}, false},
		{"input", "a solicitation", packet{"fe80::1", pod6, 58, 0x8700, 255, untracked, 2, 0}, true},
		{"input", "a solicitation from afar", packet{other6, pod6, 58, 0x8700, 254, untracked, 2, 0}, false},
		{"input", "an IPv6 address that spells the gateway where IPv4 has it", packet{"2001:2:0:77:c612:581e::", pod6, 6, 8888, 64, fresh, 2, 0}, false},
		{"input", "loopback", packet{"::1", "::1", 6, 22, 64, fresh, 1, 0}, true},
		{"forward", "anything", packet{gate4, door4, 6, 8081, 64, established, 2, 3}, false},
	} {
		if row.accepted(chains[row.chain]) != row.open {
			t.Errorf("%s: %s (%s to %s): open should be %v", row.chain, row.says, row.from, row.to, row.open)
		}
	}
}

// What is closed stays closed to every protocol: none of the 256 passes but TCP to a door, and
// neighbour discovery, which `TestTheMeaningOfTheRules` looks at.
func TestNoProtocolIsForgotten(t *testing.T) {
	output := Chains(parsed(t, good))[1]
	for number := range 256 {
		for _, to := range []string{"198.18.88.10", "2001:2:0:88::10", "198.18.88.20", "2001:2:0:88::20"} {
			from := map[bool]string{true: "198.18.77.2", false: "2001:2:0:77::2"}[netip.MustParseAddr(to).Is4()]
			p := packet{from, to, byte(number), 8081, 64, fresh, 0, 2}
			door := number == 6 && (to == "198.18.88.10" || to == "2001:2:0:88::10")
			if p.accepted(output) != door {
				t.Errorf("protocol %d to %s: open should be %v", number, to, door)
			}
		}
	}
}
