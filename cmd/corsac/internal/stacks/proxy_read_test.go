package stacks

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

// proxyText returns what a stack reads in files, in lines.
func proxyText(stack string, files map[string]string) (sites []*Site, text string) {
	sites = Lookup(stack).Source.Read(nginxTree(files))
	var b strings.Builder
	for _, s := range sites {
		fmt.Fprintf(&b, "%s (%s)", s.Title, s.File.Name)
		if s.Path != "" {
			fmt.Fprintf(&b, " path %s", s.Path)
		}
		if s.Upstream != "" {
			fmt.Fprintf(&b, " to %s", s.Upstream)
		}
		b.WriteString("\n")
		for _, e := range s.Draft.Entries {
			fmt.Fprintf(&b, "  %s: %s", e.Field, e.Value)
			place(&b, e.File, e.Start)
		}
		for _, r := range s.Draft.Remarks {
			fmt.Fprintf(&b, "  %s: %s", r.Kind, r.Text)
			place(&b, r.File, r.Start)
		}
	}
	return sites, b.String()
}

// faultsText returns the faults of sites, in lines.
func faultsText(sites []*Site) string {
	var b strings.Builder
	for _, s := range sites {
		for _, f := range s.Faults {
			p := f.File.Place(f.Start)
			fmt.Fprintf(&b, "%s:%d:%d %s %s\n", p.File, p.Line, p.Column, f.Rule.ID, f.Evidence)
		}
	}
	return b.String()
}

// TestProxyRoundTrip checks that the configuration of a server with the snippet of
// a policy reads back as that policy, and has no faults.
func TestProxyRoundTrip(t *testing.T) {
	for _, stack := range []string{"caddy", "apache", "haproxy"} {
		t.Run(stack, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			valid, same := 0, 0
			for range 300 {
				p := nginxRandomPolicy(r)
				if _, err := cors.New(*p); err != nil {
					continue
				}
				valid++
				s := Lookup(stack).Snippet(p)
				if len(s.Lost)+len(s.Wider) > 0 {
					continue
				}
				files := Lookup(stack).Server.Files(s.Code, Addresses{Port: "8080", Upstream: "127.0.0.1:1"})
				sites, text := proxyText(stack, files)
				if len(sites) != 1 {
					t.Fatalf("%+v: %s\n%s", p, s.Code, text)
				}
				got, err := sites[0].Draft.Policy()
				faults := slices.DeleteFunc(sites[0].Faults, func(f Fault) bool {
					return strings.HasSuffix(f.Rule.ID, "/expression-too-wide") || strings.HasSuffix(f.Rule.ID, "/no-max-age") // *.github.io
				})
				if err != nil || !samePolicy(got, p) || len(faults) > 0 {
					t.Fatalf("%+v\n%+v\n%v\n%s\n%s%s", p, got, err, s.Code, text, faultsText(sites))
				}
				same++
			}
			t.Logf("%d of %d policies are expressible, and read back the same (%d %%)", same, valid, 100*same/valid)
			if same*100 < 60*valid {
				t.Error("fewer than 60 %")
			}
		})
	}
}

func TestScratch(t *testing.T) {
	b, err := os.ReadFile(os.Getenv("SCRATCH"))
	if err != nil {
		t.Skip()
	}
	name := map[string]string{"caddy": "Caddyfile", "apache": "httpd.conf", "haproxy": "haproxy.cfg"}[os.Getenv("STACK")]
	sites, text := proxyText(os.Getenv("STACK"), map[string]string{name: string(b)})
	t.Logf("\n%s\n%s", text, faultsText(sites))
	edited := string(b)
	for _, s := range sites {
		for _, f := range s.Faults {
			if after, err := source.Apply(edited, f.Edits); err == nil && len(f.Edits) > 0 {
				t.Logf("%s:\n%s", f.Rule.ID, after)
			}
		}
	}
}
