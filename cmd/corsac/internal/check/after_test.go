package check_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// answers serves a text, byte by byte, to every request, and returns the port.
func answers(t *testing.T, text string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 8<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n"+text)
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// checked is the verdict of Chrome.
func checked(t *testing.T, c *check.Case, lna check.LocalNetwork) *verdict.Verdict {
	t.Helper()
	s, err := check.New(check.Options{
		Profiles: []fetch.Profile{fetch.Chromium}, LocalNetwork: lna, Getenv: func(string) string { return "" },
	}).Session(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Run(t.Context())
}

const anyOrigin = "Access-Control-Allow-Origin: *\r\n"

func TestBodiesThatBreakOff(t *testing.T) {
	for _, test := range []struct{ text, code string }{
		{anyOrigin + "Content-Length: 22\r\n\r\nabc", "net::ERR_CONTENT_LENGTH_MISMATCH"},
		{anyOrigin + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "net::ERR_INCOMPLETE_CHUNKED_ENCODING"},
		{anyOrigin + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "net::ERR_CONTENT_DECODING_FAILED"},
	} {
		url := "http://127.0.0.1:" + answers(t, test.text) + "/"
		for _, d := range []fetch.Destination{fetch.DestinationFetch, fetch.DestinationXHR, fetch.DestinationImage} {
			v := checked(t, &check.Case{
				Page:    fetch.PageConfig{Origin: "http://localhost:22100"},
				Request: &fetch.Request{URL: url, Options: fetch.Options{Destination: d}},
			}, "")
			if v.Result != fetch.Failed || v.Error.Code != test.code || (v.Response != nil) != (d == fetch.DestinationFetch) {
				t.Errorf("%s: %s %+v %+v, want %s", d, v.Result, v.Error, v.Response, test.code)
			}
		}
	}
}

func TestEventStreamOfAnotherType(t *testing.T) {
	url := "http://127.0.0.1:" + answers(t, anyOrigin+"Content-Type: text/plain\r\n\r\ndata: x\n\n") + "/"
	v := checked(t, &check.Case{
		Page:    fetch.PageConfig{Origin: "http://localhost:22100"},
		Request: &fetch.Request{URL: url, Options: fetch.Options{Destination: fetch.DestinationEventSource}},
	}, "")
	const want = `EventSource's response has a MIME type ("text/plain") that is not "text/event-stream". Aborting the connection.`
	if v.Result != fetch.Blocked || v.Error.Message != want {
		t.Errorf("%s %+v", v.Result, v.Error)
	}
}

func TestEmbedderPolicyOfThePage(t *testing.T) {
	image := "http://127.0.0.1:" + answers(t, "Content-Type: image/png\r\nContent-Length: 0\r\n\r\n") + "/a.png"
	for policy, want := range map[string]fetch.Result{
		"Cross-Origin-Embedder-Policy: require-corp":             fetch.Blocked,
		"Cross-Origin-Embedder-Policy: credentialless":           fetch.Opaque,
		"Cross-Origin-Embedder-Policy-Report-Only: require-corp": fetch.Opaque,
	} {
		page := "http://localhost:" + answers(t, "Content-Type: text/html\r\n"+policy+"\r\n\r\n<p>") + "/"
		v := checked(t, &check.Case{
			PageURL: page, Request: &fetch.Request{URL: image, Options: fetch.Options{Destination: fetch.DestinationImage}},
		}, "")
		if v.Result != want {
			t.Errorf("%s: %s %+v", policy, v.Result, v.Error)
		}
		if strings.Contains(policy, "Report-Only") != (len(v.Notes) == 1) {
			t.Errorf("%s: notes %q", policy, v.Notes)
		}
	}
}

// TestSecureContexts checks that Local Network Access does not apply to
// extensions, and takes a sandboxed frame for a secure context.
func TestSecureContexts(t *testing.T) {
	url := "http://127.0.0.1:" + answers(t, anyOrigin+"Content-Length: 0\r\n\r\n") + "/"
	for _, test := range []struct {
		origin string
		lna    check.LocalNetwork
		want   string
	}{
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", check.LocalNetworkDenied, ""},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop", check.LocalNetworkAsk, ""},
		{"moz-extension://0c3b8a0e-5d4b-4c55-9e0b-5b8f2f1c7f10", check.LocalNetworkDenied, ""},
		{"null", check.LocalNetworkGranted, ""},
		{"null", check.LocalNetworkDenied, "LocalNetworkAccessPermissionDenied"},
		{"http://app.example.com", check.LocalNetworkGranted, "InsecureLocalNetwork"},
	} {
		v := checked(t, &check.Case{Page: fetch.PageConfig{Origin: test.origin}, Request: &fetch.Request{URL: url}}, test.lna)
		code := ""
		if v.Error != nil {
			code = v.Error.Code
		}
		if code != test.want || len(v.Notes) > 0 {
			t.Errorf("%s, %s: %q %q", test.origin, test.lna, code, v.Notes)
		}
	}
}
