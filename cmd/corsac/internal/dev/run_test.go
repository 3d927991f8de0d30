package dev_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localca"
)

// patience is how long something may take that has to happen.
const patience = 20 * time.Second

// options are how corsac dev is started.
type options struct {
	flags dev.Flags
	file  string // the text of corsac.yaml, or ""
	https bool
	log   *slog.Logger // nil for none
}

// run runs corsac dev until the end of the test.
func run(t *testing.T, o options) *dev.Runner {
	t.Helper()
	r := open(t, o)
	serveUntilEnd(t, r)
	return r
}

// serveUntilEnd serves what is open until the end of the test.
func serveUntilEnd(t *testing.T, r *dev.Runner) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func open(t *testing.T, o options) *dev.Runner {
	t.Helper()
	var file *config.Config
	if o.file != "" {
		name := filepath.Join(t.TempDir(), "corsac.yaml")
		if err := os.WriteFile(name, []byte(o.file), 0o600); err != nil {
			t.Fatal(err)
		}
		var named config.File
		err := named.Set(name)
		if err == nil {
			file, err = named.Load(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	o.flags.Listen = "localhost:0"
	s, err := dev.Combine(o.flags, file)
	if err != nil {
		t.Fatal(err)
	}
	r := &dev.Runner{Settings: s, Log: cmp.Or(o.log, slog.New(slog.DiscardHandler))}
	if o.https {
		ca, err := localca.Open(t.TempDir(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		r.TLS = &tls.Config{NextProtos: []string{"h2", "http/1.1"}, GetCertificate: ca.Server(nil).GetCertificate}
	}
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// serve serves a handler at http://127.0.0.1:PORT, and returns that.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s.URL
}

// onLocalhost returns the URL of a server with localhost as its host.
func onLocalhost(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }

// blank is the server of an empty page.
func blank(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!doctype html><title>blank</title><link rel=icon href=data:,><p>the page</p>")
}

// visit opens a page.
func visit(ctx context.Context, t *testing.T, url string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}

// script runs the body of an async function in the page, and returns its result.
func script[T any](ctx context.Context, t *testing.T, body string) T {
	t.Helper()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T]("(async () => {"+body+"})()", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// until waits until an expression is true in the page, which may be another one by
// then.
func until(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
			t.Fatalf("%s has not become true: %v; the page:\n%s", expression, err, text)
		}
	}
}

// happens waits for something.
func happens[T any](t *testing.T, what string, c <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-c:
	case <-time.After(patience):
		t.Fatalf("%s does not happen", what)
	}
	return value
}

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
