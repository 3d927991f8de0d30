package forward

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pires/go-proxyproto"
)

// sluggish is a connection to a client that takes a few bytes, and then nothing, or a
// few more each time.
type sluggish struct {
	net.Conn

	takes    []int
	each     time.Duration // that a write takes
	deadline time.Time
	set      int           // how often the deadline was
	least    time.Duration // that was left to a write until the deadline
	got      bytes.Buffer
}

func (c *sluggish) SetWriteDeadline(t time.Time) error {
	c.deadline = t
	c.set++
	return nil
}

func (*sluggish) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }
func (*sluggish) Close() error         { return nil }

func (c *sluggish) Write(p []byte) (int, error) {
	if len(c.takes) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	if left := time.Until(c.deadline); c.least == 0 || left < c.least {
		c.least = left
	}
	time.Sleep(c.each)
	n := min(c.takes[0], len(p))
	c.takes = c.takes[1:]
	c.got.Write(p[:n])
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

// TestProgress checks that a client gets another timeout as long as it takes something,
// and none if somebody else has set a deadline.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		takes   []int
		long    bool // somebody else has set a deadline
		written int
		limited string
	}{
		{[]int{10}, false, 10, ""},
		{[]int{3, 3, 3, 1}, false, 10, ""},
		{[]int{3, 3}, false, 6, "response_timeout 192.0.2.1"},
		{nil, false, 0, "response_timeout 192.0.2.1"},
		{[]int{3, 3}, true, 3, ""},
	} {
		var limited string
		d := &Door{Log: slog.New(slog.DiscardHandler), Limited: func(limit, client string) { limited = limit + " " + client }}
		d.Bound(Bounds{ResponseTimeout: time.Minute})
		conn := &sluggish{takes: c.takes}
		v := &visitor{Conn: conn, door: d}
		if c.long {
			_ = v.SetWriteDeadline(time.Now())
		}
		n, err := v.Write([]byte("0123456789"))
		if n != c.written || (err == nil) != (n == 10) || limited != c.limited || conn.got.String() != "0123456789"[:n] {
			t.Errorf("%+v: %d, %v, %q, %q", c, n, err, limited, conn.got.String())
		}
	}
}

// TestLongWrites checks that a long body is moved in parts, each with a timeout of its
// own, and that its source knows how much is left.
func TestLongWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Door{Log: slog.New(slog.DiscardHandler)}
		d.Bound(Bounds{ResponseTimeout: time.Minute})
		whole := strings.Repeat("x", 3*longWrite+5)
		for _, length := range []int{0, 1, longWrite, len(whole)} {
			conn := &sluggish{takes: slices.Repeat([]int{1 << 20}, 1000), each: 5 * time.Second} // 40 seconds a part
			src := &io.LimitedReader{R: strings.NewReader(whole), N: int64(length)}
			n, err := (&visitor{Conn: conn, door: d}).ReadFrom(src)
			if n != int64(length) || err != nil || src.N != 0 || conn.got.Len() != length || length > 0 && conn.least < 20*time.Second {
				t.Errorf("%d bytes: %d, %v, %d left, deadline after %v", length, n, err, src.N, conn.least)
			}
		}
		src := &io.LimitedReader{R: strings.NewReader("short"), N: 10}
		if n, err := (&visitor{Conn: &sluggish{takes: []int{10, 10}}, door: d}).ReadFrom(src); n != 5 || err != nil || src.N != 5 {
			t.Errorf("a source that ends: %d, %v, %d left", n, err, src.N)
		}
	})
}

// TestDeadlines checks that a deadline for writes is never earlier than the timeout, nor
// later by more than an eighth, and that it is not set for each of them.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Door{Log: slog.New(slog.DiscardHandler)}
		timeout := time.Minute
		conn := &sluggish{takes: slices.Repeat([]int{1}, 1000)}
		v := &visitor{Conn: conn, door: d}
		check := func(after time.Duration) {
			t.Helper()
			time.Sleep(after)
			d.Bound(Bounds{ResponseTimeout: timeout})
			if _, err := v.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			if left := time.Until(conn.deadline); left < timeout || left > timeout*9/8 {
				t.Errorf("after %v: a deadline in %v with a timeout of %v", after, left, timeout)
			}
		}
		for range 100 {
			check(time.Second)
		}
		if conn.set != 13 {
			t.Errorf("100 writes in as many seconds set %d deadlines", conn.set)
		}
		check(time.Hour)
		timeout = time.Second // as after a reload
		check(0)
		timeout = time.Minute
		check(0)
		_ = v.SetWriteDeadline(time.Now().Add(time.Hour)) // somebody else, who then leaves it to the door
		_ = v.SetWriteDeadline(time.Time{})
		check(0)
	})
}

// greets returns what the gateway sees of a connection that begins with some bytes. The
// address of a client that is a trusted proxy ends with "!".
func greets(t testing.TB, begin string) (client, rest string) {
	t.Helper()
	server, peer := net.Pipe()
	defer server.Close()
	go func() {
		_, _ = io.WriteString(peer, begin)
		_ = peer.Close()
	}()
	d := &Door{
		Log: slog.New(slog.DiscardHandler), HeaderTimeout: time.Minute,
		Proxies: func() Trust { return Trust{netip.MustParsePrefix("10.0.0.0/8")} },
	}
	l := d.Guard(&offering{conn: from{server}})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	claim := http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"a.example"}}
	public := d.Proxies().Public(&http.Request{RemoteAddr: c.RemoteAddr().String(), Header: claim})
	switch client = addressText(c.RemoteAddr()); {
	case public.Client == "203.0.113.9" && public.Scheme == "https" && public.Host == "a.example":
		client += "!"
	case public.Client != client || public.Scheme != "http" || public.Host != "":
		t.Errorf("%q: from %s, %+v", begin, client, public)
	}
	got, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	return client, string(got)
}

// offering is a listener with one connection.
type offering struct {
	net.Listener

	conn net.Conn
}

func (o *offering) Accept() (net.Conn, error) { return o.conn, nil }

// from is a connection of a proxy.
type from struct{ net.Conn }

func (from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1} }

// second returns a PROXY header of version 2.
func second(t testing.TB, h *proxyproto.Header) string {
	t.Helper()
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestGreetings checks what follows from the beginning of a connection of a proxy.
func TestGreetings(t *testing.T) {
	src, dst := &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 5}, &net.TCPAddr{IP: net.ParseIP("192.0.2.2"), Port: 443}
	six := &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 5}
	udp := &net.UDPAddr{IP: net.ParseIP("10.9.9.9"), Port: 5}
	unix := &net.UnixAddr{Net: "unix", Name: "/run/x"}
	long := proxyproto.HeaderProxyFromAddrs(2, src, dst)
	if err := long.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_NOOP, Value: bytes.Repeat([]byte("x"), 3000)}}); err != nil {
		t.Fatal(err)
	}
	local := proxyproto.HeaderProxyFromAddrs(2, src, dst)
	local.Command = proxyproto.LOCAL
	for _, c := range []struct{ begin, client, rest string }{
		{"PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\nGET", "192.0.2.1", "GET"},
		{"PROXY TCP6 2001:db8::1 2001:db8::2 5 443\r\nGET", "2001:db8::1", "GET"},
		{"PROXY TCP4 10.9.9.9 192.0.2.2 5 443\r\nGET", "10.9.9.9!", "GET"},
		// The proxy does not say whose connection it is, which may be anybody's.
		{"PROXY UNKNOWN\r\nGET", "10.0.0.1", "GET"},
		{"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET", "10.0.0.1", "GET"},
		{second(t, proxyproto.HeaderProxyFromAddrs(2, src, dst)) + "GET", "192.0.2.1", "GET"},
		{second(t, proxyproto.HeaderProxyFromAddrs(2, six, six)) + "GET", "2001:db8::1", "GET"},
		{second(t, long) + "GET", "192.0.2.1", "GET"},
		{second(t, local) + "GET", "10.0.0.1!", "GET"},
		{"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00GET", "10.0.0.1!", "GET"},
		{second(t, proxyproto.HeaderProxyFromAddrs(2, unix, unix)) + "GET", "10.0.0.1", "GET"},
		{second(t, proxyproto.HeaderProxyFromAddrs(2, udp, udp)) + "GET", "10.0.0.1", "GET"},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\nPROXY TCP4 192.0.2.9 192.0.2.2 5 443\r\n", "192.0.2.1", "PROXY TCP4 192.0.2.9 192.0.2.2 5 443\r\n"},
		// What is not a header ends the connection.
		{"\r\n\r\n\x00\r\nQUIT\n\x21\x00\x00\x00GET", "10.0.0.1", ""}, // nobody is said to send this
		{"", "10.0.0.1", ""},
		{"GET / HTTP/1.1\r\n\r\n", "10.0.0.1", ""},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 5 443\nGET", "10.0.0.1", ""},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 5\r\nGET", "10.0.0.1", ""},
		{"PROXY TCP4 192.0.2.300 192.0.2.2 5 443\r\nGET", "10.0.0.1", ""},
		{"PROXY TCP4 2001:db8::1 192.0.2.2 5 443\r\nGET", "10.0.0.1", ""},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 5 70000\r\nGET", "10.0.0.1", ""},
		{"PROXY " + strings.Repeat("x", 5000), "10.0.0.1", ""},
		{"\r\n\r\n\x00\r\nQUIT\n\x31\x11\x00\x0cxxxxxxxxxxxxGET", "10.0.0.1", ""},
		{"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x02xxGET", "10.0.0.1", ""},
		{"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff", "10.0.0.1", ""},
	} {
		if client, rest := greets(t, c.begin); client != c.client || rest != c.rest {
			t.Errorf("%.60q: from %s, %.60q", c.begin, client, rest)
		}
	}
}

// FuzzGreeting checks that nothing but a PROXY header changes who a client is, and that
// what follows it is neither lost nor changed.
func FuzzGreeting(f *testing.F) {
	f.Add("PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\nGET / HTTP/1.1\r\n\r\n")
	f.Add("PROXY UNKNOWN\r\n\r\n")
	f.Add(second(f, proxyproto.HeaderProxyFromAddrs(2, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)})) + "x")
	f.Add("\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00GET")
	f.Fuzz(func(t *testing.T, begin string) {
		client, rest := greets(t, begin)
		if !strings.HasSuffix(begin, rest) {
			t.Errorf("%q: %q is left", begin, rest)
		}
		isHeader := strings.HasPrefix(begin, "PROXY ") || strings.HasPrefix(begin, "\r\n\r\n\x00\r\nQUIT\n")
		client = strings.TrimSuffix(client, "!")
		if !isHeader && (client != "10.0.0.1" || rest != "") {
			t.Errorf("%q: from %s, %q", begin, client, rest)
		}
		if _, err := netip.ParseAddr(client); err != nil {
			t.Errorf("%q: from %q", begin, client)
		}
	})
}
