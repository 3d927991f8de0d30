package localnet

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listen opens a port on one loopback address.
func listen(t *testing.T, address string) (port string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("no %s: %v", address, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// TestLocalhost checks that localhost is found on whichever address it listens.
func TestLocalhost(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		port := listen(t, address)
		for _, host := range []string{"localhost", "api.localhost", "LOCALHOST."} {
			var d Dialer
			for range 2 {
				conn, err := d.Dial(t.Context(), "tcp", net.JoinHostPort(host, port))
				if err != nil {
					t.Fatalf("%s at %s: %v", host, address, err)
				}
				_ = conn.Close()
				if got := d.Answered().Addr().String(); got != address {
					t.Errorf("%s answered, want %s", got, address)
				}
			}
		}
	}
}

// TestPrivate checks to which addresses a name may lead.
func TestPrivate(t *testing.T) {
	port := listen(t, "127.0.0.1")
	for _, c := range []struct {
		host    string
		addrs   []string
		private bool
		refused string
	}{
		{"api.example.com", []string{"127.0.0.1"}, false, "127.0.0.1"},
		{"api.example.com", []string{"127.0.0.1"}, true, ""},
		{"api", []string{"127.0.0.1"}, false, ""},
		{"api.internal", []string{"127.0.0.1"}, false, ""},
		{"api.example.com", []string{"192.0.2.1", "10.0.0.1"}, false, "10.0.0.1"},
		{"api.example.com", []string{"::ffff:192.168.0.1"}, false, "192.168.0.1"},
		{"api.example.com", []string{"fe80::1"}, false, "fe80::1"},
		{"api.example.com", []string{"fd00::1"}, false, "fd00::1"},
		{"api.example.com", []string{"100.64.0.1"}, false, "100.64.0.1"},
		{"api.example.com", []string{"0.0.0.0"}, false, "0.0.0.0"},
		{"api.example.com", []string{"169.254.169.254"}, true, "169.254.169.254"},
		{"api", []string{"169.254.169.254"}, false, "169.254.169.254"},
		{"api", []string{"::ffff:169.254.169.254"}, false, "169.254.169.254"},
		{"api.example.com", []string{"64:ff9b::10.0.0.1"}, false, "64:ff9b::a00:1"},
		{"api.example.com", []string{"64:ff9b:1::1"}, false, "64:ff9b:1::1"},
		{"api", []string{"64:ff9b::169.254.169.254"}, true, "64:ff9b::a9fe:a9fe"},
		{"api", []string{"64:ff9b:1::169.254.169.254"}, true, "64:ff9b:1::a9fe:a9fe"},
		{"api", []string{"64:ff9b:1:a9fe:a9:fe00::"}, true, "64:ff9b:1:a9fe:a9:fe00::"}, // RFC 6052 §2.2, after 48 bits
		{"api.example.com", []string{"2002:c0a8:1::1"}, false, "2002:c0a8:1::1"},
		{"api", []string{"2002:a9fe:a9fe::1"}, true, "2002:a9fe:a9fe::1"},
		{"api.example.com", []string{"2001:0:102:304:0:ffff:f5ff:fffe"}, false, "2001:0:102:304:0:ffff:f5ff:fffe"}, // 10.0.0.1
		{"api.example.com", []string{"2001:0:7f00:1::1"}, false, "2001:0:7f00:1::1"},
		{"api.example.com", []string{"::127.0.0.1"}, false, "::7f00:1"},
	} {
		d := Dialer{Private: c.private, Resolve: func(context.Context, string) (addrs []netip.Addr, err error) {
			for _, a := range c.addrs {
				addrs = append(addrs, netip.MustParseAddr(a))
			}
			return addrs, nil
		}}
		conn, err := d.Dial(t.Context(), "tcp", net.JoinHostPort(c.host, port))
		if err == nil {
			_ = conn.Close()
		}
		var private *PrivateError
		if got := errors.As(err, &private); got != (c.refused != "") || got && private.Addr.String() != c.refused {
			t.Errorf("%s at %s: %v", c.host, c.addrs, err)
		}
	}
}

// TestPublic checks that addresses of the Internet are not private, also within one
// of IPv6.
func TestPublic(t *testing.T) {
	for _, a := range []string{"192.0.2.1", "2001:db8::a00:1", "64:ff9b::192.0.2.1", "2002:c000:201::a00:1", "2001:0:102:304:0:ffff:3fff:fdfe"} {
		if IsPrivate(netip.MustParseAddr(a)) {
			t.Error(a)
		}
	}
}

// TestSlow checks that an address that does not answer does not keep the others
// waiting, and that time is bounded by the context.
func TestSlow(t *testing.T) {
	port := listen(t, "127.0.0.1")
	silent := netip.MustParseAddr("192.0.2.1") // of no network
	d := Dialer{Private: true, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{silent, netip.MustParseAddr("127.0.0.1")}, nil
	}}
	conn, err := d.Dial(t.Context(), "tcp", net.JoinHostPort("api.example.com", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if conn, err := d.race(ctx, "tcp", []netip.Addr{silent}, 80); err == nil {
		_ = conn.Close()
		t.Error("192.0.2.1 answered")
	}
}

func TestExplain(t *testing.T) {
	free := func() string {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}()
	secure := httptest.NewTLSServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer secure.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer plain.Close()
	addressOf := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	for _, c := range []struct{ scheme, address, why, fix string }{
		{"http", "localhost:" + free, "nothing listens on localhost:" + free, "start the server"},
		{"http", "127.0.0.1:" + free, "nothing listens on 127.0.0.1:" + free, "start the server"},
		{"http", "[::1]:" + port(addressOf(plain)), "something listens on " + addressOf(plain), "write localhost:" + port(addressOf(plain))},
		{"http", "nowhere.invalid:80", "the name nowhere.invalid ", ""},
		{"https", addressOf(secure), "is not trusted: certificate signed by unknown authority", ",insecure"},
		{"https", addressOf(plain), "does not speak TLS", "http://"},
	} {
		client := http.Client{Transport: &http.Transport{DialContext: new(Dialer).Dial}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.scheme+"://"+c.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
			t.Errorf("%s answers", c.address)
			continue
		}
		if got := Explain(t.Context(), c.address, err); !strings.Contains(got.Why, c.why) || !strings.Contains(got.Fix, c.fix) || got.Fix == "" {
			t.Errorf("%s: %+v for %v", c.address, got, err)
		}
	}
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
