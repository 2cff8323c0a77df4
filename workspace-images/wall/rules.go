// From configuration to rules, as the kernel is told them. [pure]
//
// One table of three chains. What no rule accepts is dropped, whatever its protocol or family.
// No sets and no counters: a rule that can be compared byte for byte can be checked.
package main

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// loopback is the interface that the kernel makes first in every network namespace: always 1.
const loopback = 1

// Fields that the rules look at: where they lie and how long they are (RFC 791, 8200, 9293, 4443).
var (
	sourceV4      = field{expr.PayloadBaseNetworkHeader, 12, 4}
	destinationV4 = field{expr.PayloadBaseNetworkHeader, 16, 4}
	hopLimit      = field{expr.PayloadBaseNetworkHeader, 7, 1}
	sourceV6      = field{expr.PayloadBaseNetworkHeader, 8, 16}
	destinationV6 = field{expr.PayloadBaseNetworkHeader, 24, 16}
	toPort        = field{expr.PayloadBaseTransportHeader, 2, 2}
	icmpType      = field{expr.PayloadBaseTransportHeader, 0, 1}
	icmpCode      = field{expr.PayloadBaseTransportHeader, 1, 1}
)

// Neighbour discovery (RFC 4861): the two messages without which no IPv6 packet finds its way, and
// the hop limit that shows that no router has passed them on.
const (
	solicitation  = 135
	advertisement = 136
	onThisLink    = 255
)

type field struct {
	base           expr.PayloadBase
	offset, length uint32
}

// Rule accepts the packets that all its expressions match.
type Rule []expr.Any

// Chain drops at its hook what none of its rules accepts.
type Chain struct {
	Name  string
	Hook  *nftables.ChainHook
	Rules []Rule
}

// Chains are the whole wall of one pod.
func Chains(conf Configuration) []Chain {
	return []Chain{
		{"input", nftables.ChainHookInput, inward(conf)},
		{"output", nftables.ChainHookOutput, outward(conf)},
		{"forward", nftables.ChainHookForward, nil},
	}
}

// inward: errors about a flow (a path that takes smaller packets) are the only related packets.
func inward(conf Configuration) []Rule {
	rules := []Rule{
		accept(meta(expr.MetaKeyIIF, binaryutil.NativeEndian.PutUint32(loopback))),
		accept(state(expr.CtStateBitESTABLISHED)),
		accept(protocol(unix.IPPROTO_ICMP), state(expr.CtStateBitRELATED)),
		accept(protocol(unix.IPPROTO_ICMPV6), state(expr.CtStateBitRELATED)),
		neighbour(solicitation),
		neighbour(advertisement),
	}
	for _, caller := range conf.Notebook {
		rules = append(rules, accept(from(caller), tcp(NotebookPort)))
	}
	return rules
}

// outward: no related packets, for the kernel answers for the pod where an error is due.
func outward(conf Configuration) []Rule {
	rules := []Rule{
		accept(meta(expr.MetaKeyOIF, binaryutil.NativeEndian.PutUint32(loopback))),
		accept(state(expr.CtStateBitESTABLISHED)),
		neighbour(solicitation),
		neighbour(advertisement),
	}
	for _, address := range conf.Doors {
		for _, number := range conf.Ports {
			rules = append(rules, accept(to(address), tcp(number)))
		}
	}
	return rules
}

func neighbour(message byte) Rule {
	return accept(
		protocol(unix.IPPROTO_ICMPV6),
		family(unix.NFPROTO_IPV6), equals(hopLimit, []byte{onThisLink}),
		equals(icmpType, []byte{message}), equals(icmpCode, []byte{0}),
	)
}

func to(address netip.Addr) []expr.Any {
	if address.Is4() {
		return append(family(unix.NFPROTO_IPV4), equals(destinationV4, address.AsSlice())...)
	}
	return append(family(unix.NFPROTO_IPV6), equals(destinationV6, address.AsSlice())...)
}

func from(prefix netip.Prefix) []expr.Any {
	if prefix.Addr().Is4() {
		return append(family(unix.NFPROTO_IPV4), within(sourceV4, prefix)...)
	}
	return append(family(unix.NFPROTO_IPV6), within(sourceV6, prefix)...)
}

func tcp(number uint16) []expr.Any {
	return append(protocol(unix.IPPROTO_TCP), equals(toPort, binary.BigEndian.AppendUint16(nil, number))...)
}

func family(number byte) []expr.Any {
	return meta(expr.MetaKeyNFPROTO, []byte{number})
}

func protocol(number byte) []expr.Any {
	return meta(expr.MetaKeyL4PROTO, []byte{number})
}

func meta(key expr.MetaKey, value []byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, compare(expr.CmpOpEq, value)}
}

// state matches a packet whose flow the kernel knows to be so.
func state(bit uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
		masked(binaryutil.NativeEndian.PutUint32(bit)),
		compare(expr.CmpOpNeq, make([]byte, 4)),
	}
}

func equals(at field, value []byte) []expr.Any {
	return []expr.Any{at.loaded(), compare(expr.CmpOpEq, value)}
}

func within(at field, prefix netip.Prefix) []expr.Any {
	if prefix.IsSingleIP() {
		return equals(at, prefix.Addr().AsSlice())
	}
	mask := net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())
	return []expr.Any{at.loaded(), masked(mask), compare(expr.CmpOpEq, prefix.Addr().AsSlice())}
}

func (at field) loaded() expr.Any {
	return &expr.Payload{DestRegister: 1, Base: at.base, Offset: at.offset, Len: at.length}
}

func masked(mask []byte) expr.Any {
	length := uint32(len(mask))
	return &expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: length, Mask: mask, Xor: make([]byte, length)}
}

func compare(by expr.CmpOp, value []byte) expr.Any {
	return &expr.Cmp{Op: by, Register: 1, Data: value}
}

func accept(parts ...[]expr.Any) Rule {
	var rule Rule
	for _, part := range parts {
		rule = append(rule, part...)
	}
	return append(rule, &expr.Verdict{Kind: expr.VerdictAccept})
}
