package systemd

import (
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
)

// TestAssign checks which socket is used for what.
func TestAssign(t *testing.T) {
	for _, c := range []struct{ sockets, wanted, got, mistake string }{
		{"", "listen", "", ""},
		{"listen", "listen plain admin", "listen=0", ""},
		{"plain listen", "listen plain", "listen=1 plain=0", ""},
		{"corsac.socket corsac.socket", "listen plain admin", "listen=0 plain=1", ""},
		{"x plain y", "listen plain admin", "admin=2 listen=0 plain=1", ""},
		{"x udp:x", "listen http3", "http3=1 listen=0", ""},
		{"udp:http3 listen", "listen http3", "http3=0 listen=1", ""},
		{"x udp:x", "listen", "", `no use for socket "x" (:1); remove its line`},
		{"x y", "listen", "", `no use for socket "y" (:1); remove its line`},
		{"plain", "listen", "", `no use for socket "plain"`},
		{"listen listen", "listen plain", "", `no use for socket "listen"`},
		{"http3", "listen http3", "", "ListenDatagram="},
		{"udp:listen", "listen http3", "", "ListenStream="},
	} {
		var sockets []socket
		for i, name := range strings.Fields(c.sockets) {
			s := socket{name: name, stream: fake{n: i}}
			if udp, ok := strings.CutPrefix(name, "udp:"); ok {
				s = socket{name: udp, packet: fakePacket{n: i}}
			}
			sockets = append(sockets, s)
		}
		got, err := assign(sockets, strings.Fields(c.wanted))
		if c.mistake != "" {
			if err == nil || !strings.Contains(err.Error(), c.mistake) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		var all []string
		for name, l := range got.Streams {
			all = append(all, name+"="+string(rune('0'+l.(fake).n)))
		}
		for _, name := range slices.Collect(maps.Keys(got.Packets)) {
			all = append(all, name+"="+string(rune('0'+got.Packets[name].(fakePacket).n)))
		}
		if slices.Sort(all); strings.Join(all, " ") != c.got {
			t.Errorf("%+v: %v", c, all)
		}
	}
}

type fake struct {
	net.Listener

	n int
}

// Addr says which of the sockets it is.
func (f fake) Addr() net.Addr { return &net.TCPAddr{Port: f.n} }

// LocalAddr says which of the sockets it is.
func (f fakePacket) LocalAddr() net.Addr { return &net.UDPAddr{Port: f.n} }

type fakePacket struct {
	net.PacketConn

	n int
}
