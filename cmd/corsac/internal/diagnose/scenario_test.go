package diagnose_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// stage runs the servers of a scenario.
type stage struct {
	server, other, port string
}

// fill replaces the words in braces of a scenario.
func (s *stage) fill(text string) string {
	return strings.NewReplacer("{server}", s.server, "{other}", s.other, "{port}", s.port).Replace(text)
}

// play starts the servers of a scenario; fields that are empty are those of base.
func play(t *testing.T, x, base *diagnose.Scenario) (*stage, *check.Case) {
	t.Helper()
	all := *base
	if x.Server != nil {
		all.Server, all.TLS, all.Listen, all.Other, all.ListenOther = x.Server, x.TLS, x.Listen, x.Other, x.ListenOther
	}
	if x.Page != "" {
		all.Page = x.Page
	}
	if x.Request.URL != "" {
		all.Request = x.Request
	}
	if x.Cookie != "" {
		all.Cookie = x.Cookie
	}
	s := &stage{}
	main := serve(t, &all, all.Server, all.Listen, "0", s)
	s.server, s.port = main.URL, portOf(main)
	if all.Other != nil {
		port := "0"
		if all.ListenOther != "" {
			port = s.port
		}
		s.other = serve(t, &diagnose.Scenario{}, all.Other, all.ListenOther, port, s).URL
	}
	request := all.Request
	request.URL = s.fill(request.URL)
	if all.Page == "" {
		all.Page = "http://localhost:5173"
	}
	c := &check.Case{
		Request: &request, Page: fetch.PageConfig{Origin: all.Page}, ReadHeaders: all.ReadHeaders,
		Servers: probe.Settings{MaxTime: 1},
	}
	if all.Cookie != "" {
		c.Cookies = []string{all.Cookie}
	}
	return s, c
}

func portOf(s *httptest.Server) string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return port
}

// serve starts a server. Words in braces in the headers of its answers are filled
// in.
func serve(t *testing.T, x *diagnose.Scenario, h http.Handler, listen, port string, s *stage) *httptest.Server {
	t.Helper()
	if listen == "" {
		listen = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(listen, port))
	if err != nil {
		t.Skip("cannot listen:", err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&filling{w, s}, r)
	})}}
	if x.TLS {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// filling fills in the words in braces of headers.
type filling struct {
	http.ResponseWriter

	stage *stage
}

func (f *filling) WriteHeader(status int) {
	for _, lines := range f.Header() {
		for i := range lines {
			lines[i] = f.stage.fill(lines[i])
		}
	}
	f.ResponseWriter.WriteHeader(status)
}

// diagnosed checks a case and diagnoses the verdict.
func diagnosed(t *testing.T, c *check.Case, o diagnose.Options) *diagnose.Verdict {
	t.Helper()
	checker := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}, Getenv: func(string) string { return "" }})
	session, err := checker.Session(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	v := session.Run(ctx)
	return diagnose.New(o).Diagnose(ctx, session, v)
}

func causes(v *diagnose.Verdict) (list []string) {
	for i := range v.Findings {
		list = append(list, v.Findings[i].Cause)
	}
	return list
}

// TestScenarios checks that each cause is the root in its example and gone in its
// fixed twin, and that every text is complete.
func TestScenarios(t *testing.T) {
	for _, c := range diagnose.All() {
		if c.Example == nil {
			continue
		}
		t.Run(c.Slug, func(t *testing.T) {
			t.Parallel()
			_, broken := play(t, c.Example, c.Example)
			v := diagnosed(t, broken, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != c.Slug {
				t.Errorf("example: %v; %v\n%s", got, v.Error, probesOf(v))
			} else {
				complete(t, v)
			}
			if c.Fixed == nil {
				t.Fatal("there is no fixed twin")
			}
			_, fixed := play(t, c.Fixed, c.Example)
			v = diagnosed(t, fixed, diagnose.Options{})
			for i := range v.Findings {
				if f := &v.Findings[i]; f.Cause == c.Slug || f.Severity != verdict.SeverityNote {
					t.Errorf("fixed: %s (%s)\n%s", f.Cause, f.Severity, probesOf(v))
				}
			}
			if v.Error != nil {
				t.Errorf("fixed: %v", v.Error)
			}
		})
	}
}

func probesOf(v *diagnose.Verdict) string {
	var b strings.Builder
	for _, w := range v.Wire {
		b.WriteString(w.Method + " " + w.URL + ": " + w.StatusText() + " " + w.Error + "\n")
	}
	for _, p := range v.Probes {
		b.WriteString("- " + p.Method + " " + p.URL + ", " + p.Why + ": " + p.Shows + "\n")
	}
	return b.String()
}

// complete checks that a finding has all its texts, without words in braces.
func complete(t *testing.T, v *diagnose.Verdict) {
	t.Helper()
	f := &v.Findings[0]
	for name, text := range map[string]string{"title": f.Title, "why": f.Why, "fix": f.Fix.Text} {
		prose, _, _ := strings.Cut(text, "\n")
		if text == "" || strings.ContainsAny(prose, "{}") {
			t.Errorf("%s: %q", name, text)
		}
	}
	if len(f.Evidence) == 0 {
		t.Error("no evidence")
	}
}
