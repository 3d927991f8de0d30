package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/conformance"
)

// check is a request as the script reads it. What is absent was not given.
type check struct {
	ID     string `json:"id"`
	Origin string `json:"origin"`
	API    string `json:"api"`
	URL    string `json:"url"`

	Method         *string           `json:"method,omitempty"`
	Headers        []conformance.KV  `json:"headers,omitempty"`
	Body           *conformance.Body `json:"body,omitempty"`
	Mode           string            `json:"mode,omitempty"`
	Credentials    string            `json:"credentials,omitempty"`
	Redirect       string            `json:"redirect,omitempty"`
	Cache          string            `json:"cache,omitempty"`
	ReferrerPolicy string            `json:"referrer_policy,omitempty"`
	UploadListener bool              `json:"upload_listener,omitempty"`
}

// site is the servers of all cases.
type site struct {
	host      *conformance.Host
	listeners []net.Listener
	checks    []check
}

// ports translates between the ports in cases, which are fixed, and real ones.
type ports struct{ real, fixed *strings.Replacer }

// Real implements conformance.Names.
func (p ports) Real(text string) string { return p.real.Replace(text) }

// Fixed implements conformance.Names.
func (p ports) Fixed(text string) string { return p.fixed.Replace(text) }

// openSite serves the cases, each origin on a free port.
func openSite(cases []conformance.Recorded) (*site, error) {
	s := &site{}
	certified := httptest.NewTLSServer(nil)
	certificate := certified.TLS.Certificates[0]
	certified.Close()

	at := map[string]net.Listener{}
	var toReal, toFixed []string
	for _, r := range cases {
		for _, h := range r.Case.Hops {
			if at[h.Origin] != nil {
				continue
			}
			u, err := url.Parse(h.Origin)
			if err != nil {
				s.close()
				return nil, err
			}
			l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				s.close()
				return nil, err
			}
			fixed, free := ":"+u.Port(), ":"+strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
			toReal, toFixed = append(toReal, fixed, free), append(toFixed, free, fixed)
			if u.Scheme == "https" {
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
			}
			at[h.Origin] = l
			s.listeners = append(s.listeners, l)
		}
	}
	names := ports{strings.NewReplacer(toReal...), strings.NewReplacer(toFixed...)}
	s.host = conformance.NewHost(names)
	for origin, l := range at {
		go s.host.ServeListener(l, origin)
	}
	for _, r := range cases {
		s.host.Add(r.Case)
		s.checks = append(s.checks, checkOf(r.Case, names))
	}
	return s, nil
}

func checkOf(c *conformance.Case, names ports) check {
	q := &c.Steps[0].Request
	return check{
		ID: c.ID, Origin: names.Real(c.Origin), API: q.API, URL: names.Real(q.URL),
		Method: q.Method, Headers: q.Headers, Body: q.Body, Mode: q.Mode, Credentials: q.Credentials,
		Redirect: q.Redirect, Cache: q.Cache, ReferrerPolicy: q.ReferrerPolicy, UploadListener: q.UploadListener,
	}
}

func (s *site) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}
