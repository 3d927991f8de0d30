package stacks

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// fuzzProxy checks that any file can be read: that all places are in it, that the
// edits of each fault can be made, and that the file can then be read again.
func fuzzProxy(f *testing.F, stack, name string, faults []proxyFault, begin, end string) {
	f.Helper()
	for _, c := range faults {
		f.Add(begin + c.lines + end)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			return
		}
		sites, _ := proxyText(stack, map[string]string{name: text})
		within := func(file *source.File, span source.Span) {
			if file == nil || span.Start < 0 || span.End < span.Start || span.End > len(file.Text) {
				t.Fatalf("%q: %+v is not in the file", text, span)
			}
		}
		for _, s := range sites {
			within(s.File, s.Span)
			for _, e := range s.Draft.Entries {
				within(e.File, e.Span)
			}
			for _, r := range s.Draft.Remarks {
				within(r.File, r.Span)
			}
			_, _ = s.Draft.Policy()
			for _, fault := range s.Faults {
				within(fault.File, fault.Span)
				fixed, err := source.Apply(fault.File.Text, fault.Edits)
				if err != nil {
					t.Fatalf("%q: %s: %v", text, fault.Rule.ID, err)
				}
				if len(fault.Edits) > 0 {
					again, _ := proxyText(stack, map[string]string{name: fixed})
					for _, s := range again {
						if s.Title == "the file" && len(s.Draft.Remarks) == 1 && s.Draft.Remarks[0].Kind == Lost && s.Span.End-s.Start <= 1 {
							t.Fatalf("%q: after %s: %q", text, fault.Rule.ID, fixed)
						}
					}
				}
			}
		}
	})
}

func FuzzReadCaddy(f *testing.F) {
	f.Add("(s) {\nimport s\nimport s\n}\n:80 {\nimport s {args[0]} x\ninvoke s\n}")
	fuzzProxy(f, "caddy", "Caddyfile", caddyFaults, "a {\n", "\nreverse_proxy a\n}\n")
}

func FuzzReadApache(f *testing.F) {
	fuzzProxy(f, "apache", "httpd.conf", apacheFaults, "<VirtualHost *>\n", "\n</VirtualHost>\n")
}

func FuzzReadHAProxy(f *testing.F) {
	fuzzProxy(f, "haproxy", "haproxy.cfg", haproxyFaults, "frontend a\n", "\ndefault_backend b\nbackend b\nserver a b\n")
}
