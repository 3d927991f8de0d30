package config_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// The machine of TestLoops: its interfaces, and a name server.
var machine = config.Machine{
	Local: []netip.Addr{
		netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("192.168.1.5"),
		netip.MustParseAddr("2001:db8::5"), netip.MustParseAddr("fe80::5"),
	},
	Names: map[string][]netip.Addr{
		"me.example":   {netip.MustParseAddr("192.168.1.5")},
		"both.example": {netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("::ffff:192.168.1.5")},
		"far.example":  {netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8::9")},
		"127.1":        {netip.MustParseAddr("127.0.0.1")},
		"any.example":  {netip.MustParseAddr("0.0.0.0")},
	},
}

// Forms of hosts, with a letter for each address that they mean: 4 and 6 are
// the loopback addresses, L another one of 127.0.0.0/8, e, E and f the
// addresses of the interface, r and R those of another machine, n a name that
// nobody knows, and - something else.
const everywhere = "46LeEf"

var (
	onHosts = map[string]string{
		"": everywhere, "0.0.0.0": everywhere, "[::]": everywhere, "[::ffff:0.0.0.0]": everywhere, "any.example": everywhere,
		"127.0.0.1": "4", "[::ffff:127.0.0.1]": "4", "127.1": "4", "[::1]": "6", "[0:0:0:0:0:0:0:1]": "6",
		"localhost": "46", "LocalHost.": "46", "127.0.0.5": "L", "192.168.1.5": "e", "[2001:DB8:0::5]": "E",
		"[fe80::5%eth0]": "f", "me.example": "e", "nowhere.example": "n",
	}
	toHosts = map[string]string{
		"127.0.0.1": "4", "[::ffff:127.0.0.1]": "4", "[::ffff:7f00:1]": "4", "127.1": "4", "0.0.0.0": "4", "[::ffff:0.0.0.0]": "4",
		"any.example": "4", "[::]": "46", "[::1]": "6", "[0000::0001]": "6", "localhost": "46", "LOCALHOST": "46", "localhost.": "46",
		"127.0.0.5": "L", "127.255.255.254": "-", "192.168.1.5": "e", "[2001:db8::5]": "E", "[fe80::5%25eth0]": "f", "[fe80::5]": "f",
		"me.example": "e", "both.example": "er", "far.example": "rR", "203.0.113.9": "r", "[2001:db8::9]": "R", "[fe80::9%25eth0]": "-",
		"nowhere.example": "n", "Nowhere.Example": "n", "unknown.example": "-", "10.0.0.1": "-",
	}
	onPorts = map[string]string{"80": "80", "0080": "80", "443": "443", "8080": "8080", "0": "0"}
	toPorts = map[string][]string{
		"http ": {"80"}, "https ": {"443"}, "http :80": {"80"}, "https :80": {"80"}, "http :0443": {"443"}, "http :8080": {"8080"},
		"https :08080": {"8080"}, "http :81": nil,
	}
)

// TestLoops checks all forms of an address to listen on with all forms of an
// upstream.
func TestLoops(t *testing.T) {
	n, loops := 0, 0
	for on, listens := range onHosts {
		for to, reaches := range toHosts {
			meet := strings.ContainsAny(listens, reaches) || listens == everywhere && to == "127.255.255.254"
			for onPort, number := range onPorts {
				for end, ports := range toPorts {
					want := meet && slices.Contains(ports, number)
					if n++; want {
						loops++
					}
					scheme, port, _ := strings.Cut(end, " ")
					checkLoops(t, on+":"+onPort, scheme+"://"+to+port+"/base", want)
				}
			}
		}
	}
	t.Logf("%d pairs, %d loops", n, loops)
	if n < 1000 {
		t.Errorf("only %d pairs", n)
	}
}

func checkLoops(t *testing.T, listen, upstream string, want bool) {
	t.Helper()
	if mistake := config.CheckListen(listen); mistake != nil {
		t.Fatal(mistake.Message())
	}
	u, mistake := config.ParseUpstream(upstream)
	if mistake != nil {
		t.Fatal(mistake.Message())
	}
	if got := machine.Loops(listen, u); got != want {
		t.Errorf("%s to %s: %t, want %t", listen, upstream, got, want)
	}
}

// accepts reports whether a listener gets a connection, and no other server that listens
// on the same port of another address, and closes it.
func accepts(t *testing.T, l *net.TCPListener, conn net.Conn) bool {
	t.Helper()
	defer conn.Close()
	if err := l.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	got, err := l.Accept()
	if err != nil {
		return false
	}
	defer got.Close()
	return got.RemoteAddr().(*net.TCPAddr).Port == conn.LocalAddr().(*net.TCPAddr).Port
}

// TestLoopsAsConnected checks loopback addresses against the system: what
// connects is a loop.
func TestLoopsAsConnected(t *testing.T) {
	for _, on := range []string{"", "0.0.0.0", "::", "127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.2", "localhost"} {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(on, "0"))
		if err != nil {
			t.Logf("%q: %v", on, err)
			continue
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for _, to := range []string{"0.0.0.0", "::", "127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.2", "localhost"} {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(to, port))
			connects := err == nil && accepts(t, l.(*net.TCPListener), conn)
			upstream, mistake := config.ParseUpstream("http://" + net.JoinHostPort(to, port))
			if mistake != nil {
				t.Fatal(mistake.Message())
			}
			if connects && !(config.Machine{}).Loops(net.JoinHostPort(on, port), upstream) {
				t.Errorf("%q connects to itself at %q", on, to)
			}
		}
	}
}
