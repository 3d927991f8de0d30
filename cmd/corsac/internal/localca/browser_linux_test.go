package localca

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestBrowser checks that Chromium trusts certificates of the CA once it is in the
// database that Install makes, and does not before.
func TestBrowser(t *testing.T) {
	testenv.Program(t, "apt-get install libnss3-tools", "certutil")
	c := open(t)
	// httptest has a certificate of its own for clients that connect to an address.
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: c.Server(nil).GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<h1>trusted</h1>"))
		}),
		ErrorLog: log.New(io.Discard, "", 0), // refused handshakes
	}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	_, port, _ := strings.Cut(l.Addr().String(), ":")

	home := t.TempDir()
	if _, err := (&Stores{Home: home, system: &fakeSystem{has: true}}).Install(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		home  string
		trust bool
	}{{home, true}, {t.TempDir(), false}} {
		ctx := browsertest.Start(t, chromedp.Env("HOME="+test.home, "XDG_DATA_HOME="))
		for _, host := range []string{"localhost", "shop.localhost", "127.0.0.1"} {
			err := chromedp.Do(ctx, chromedp.Navigate("https://"+host+":"+port+"/"))
			if (err == nil) != test.trust || err != nil && !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
				t.Errorf("%s: %v, want it trusted: %t", host, err, test.trust)
			}
		}
	}
}
