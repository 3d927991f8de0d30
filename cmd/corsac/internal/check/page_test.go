package check

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
)

// A page is loaded once; one that could not be loaded is tried again, and other
// settings may lead to another page.
func TestPageLoader(t *testing.T) {
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Referrer-Policy", "origin")
	}))
	defer server.Close()
	settings := probe.Settings{MaxTime: 5}
	network, err := settings.Network(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var l pageLoader
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.load(cancelled, network, server.URL, &settings); err == nil {
		t.Fatal("a page was loaded after Ctrl-C")
	}
	before := served.Load()
	for range 3 {
		p, err := l.load(t.Context(), network, server.URL, &settings)
		if err != nil || p.config.ReferrerPolicy != "origin" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if n := served.Load() - before; n != 1 {
		t.Errorf("loaded %d times", n)
	}
	other := probe.Settings{MaxTime: 5, Insecure: true}
	if _, err := l.load(t.Context(), network, server.URL, &other); err != nil || served.Load()-before != 2 {
		t.Errorf("with other settings: %v, loaded %d times", err, served.Load()-before)
	}
	server.Close()
	for range 2 {
		if _, err := l.load(t.Context(), network, server.URL+"/gone", &settings); err == nil {
			t.Error("a server that is gone has served a page")
		}
	}
	if len(l.loads) != 2 {
		t.Errorf("%d pages are kept", len(l.loads))
	}
}

// TestDocument checks which meta elements count, as the HTML standard says.
func TestDocument(t *testing.T) {
	const meta = `<meta http-equiv=Content-Security-Policy content="connect-src 'none'">`
	for _, c := range []struct {
		document string
		policies int
		referrer string
	}{
		{meta, 1, ""},
		{"<!doctype html><html><head>" + meta + meta + "</head><body>", 2, ""},
		{"<title>x</title>" + meta + "<p>x", 1, ""},
		{`<meta HTTP-EQUIV=content-security-policy content="img-src x, connect-src y">`, 2, ""},
		{"<head></head>" + meta, 1, ""},                 // before the body: moved into the head
		{"<script>'</head>'</script>" + meta, 1, ""},    // not the end of the head
		{"<noscript></head></noscript>" + meta, 1, ""},  // nor is this
		{`<title><body></title>` + meta, 1, ""},         // text
		{"<script>" + meta + "</script>", 0, ""},        // text
		{"<body>" + meta, 0, ""},                        // outside the head
		{meta + strings.Repeat("<div>", 10_000), 1, ""}, // nested too deeply for the parser
		{"<head></head><p>" + meta, 0, ""},              // in the body
		{"x" + meta, 0, ""},                             // text begins the body
		{"<template>" + meta + "</template>", 0, ""},    // contents of a template
		{"<template><template></template>" + meta + "</template>", 0, ""},
		{"<noscript>" + meta + "</noscript>", 0, ""}, // script runs
		{"<!-- " + meta + " -->", 0, ""},
		{"<svg>" + meta + "</svg>", 0, ""}, // svg begins the body
		{"<style>" + meta + "</style>", 0, ""},
		{"<title>" + meta + "</title>", 0, ""},
		{"<div><head>" + meta + "</head></div>", 0, ""}, // there is one head
		{`<meta http-equiv=x http-equiv=Content-Security-Policy content="img-src x">`, 0, ""},
		{`<meta http-equiv=Content-Security-Policy http-equiv=x content="img-src x">`, 1, ""},
		{`<meta http-equiv=Content-Security-Policy content content="img-src x">`, 0, ""},
		{`<meta http-equiv=Content-Security-Policy name=referrer content="origin">`, 1, "origin"},
		{`<body><meta name=referrer content=origin>`, 0, "origin"}, // anywhere
		{`<template><meta name=referrer content=origin></template>`, 0, ""},
		{`<meta name=referrer content=no-referrer><meta name=referrer content=origin>`, 0, "origin"},
	} {
		var p page
		p.readDocument([]byte(c.document))
		if len(p.csp) != c.policies || p.config.ReferrerPolicy != c.referrer {
			t.Errorf("%s: %d policies, referrer policy %q", c.document, len(p.csp), p.config.ReferrerPolicy)
		}
	}
}

// TestPageRedirects checks that only the statuses of redirects redirect.
func TestPageRedirects(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Location", "/200")
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
	}))
	defer server.Close()
	settings := probe.Settings{MaxTime: 5}
	network, err := settings.Network(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[string]string{
		"300": "/300", "301": "/200", "302": "/200", "303": "/200", "305": "/305", "306": "/306", "307": "/200", "308": "/200", "399": "/399",
	} {
		p, err := loadPage(t.Context(), network, server.URL+"/"+status)
		if err != nil || p.config.URL != server.URL+want {
			t.Errorf("%s: %+v, %v", status, p, err)
		}
	}
}
