package corsaccaddy

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("corsac", parseDirective)
	httpcaddyfile.RegisterDirectiveOrder("corsac", httpcaddyfile.Before, "header")
}

func parseDirective(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(Handler)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile implements [caddyfile.Unmarshaler]:
//
//	corsac [<matcher>] {
//		policyfile <path> [<name>...]
//		trial      <name>...
//	}
//
// takes policies from a file such as corsac.yaml, and
//
//	corsac [<matcher>] {
//		name <name>
//		allow_origins <origin>...
//		allow_methods <method>...
//		...
//	}
//
// has the fields of a policy, each as a line or as several. The file is read when
// the Caddyfile is, as by the directive import, and relative to it.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the name of the directive
	at := d.Token()
	if d.NextArg() {
		return placed(d.Token(), fmt.Errorf("%q is not in a block; write the policy in braces, each field on a line of its own, such as allow_origins https://app.example.com", d.Val()))
	}
	var file, trial []caddyfile.Token
	written := new(written)
	for d.NextBlock(0) {
		key := d.Token()
		values := d.RemainingArgsAsTokens()
		if err := fixed(values); err != nil {
			return err
		}
		switch to, known := map[string]*[]caddyfile.Token{"policyfile": &file, "trial": &trial}[key.Text]; {
		case known && (len(values) == 0 || len(*to) > 0):
			return d.ArgErr()
		case known:
			*to = values
		case key.Text == "name" && (len(values) != 1 || h.Name != ""):
			return d.ArgErr()
		case key.Text == "name":
			h.Name = values[0].Text
		default:
			written.add(key, values)
		}
	}
	switch {
	case file == nil && trial != nil:
		return placed(trial[0], errors.New("trial names policies of a file; write policyfile, too"))
	case file == nil:
		return h.readWritten(at, written)
	case len(written.keys) > 0:
		return placed(written.keys[0], errors.New("the policy is that of the file; write the field there, or leave out policyfile"))
	}
	return h.readFile(file, trial)
}

// placeholder is what Caddy replaces while it serves requests: braces around a name with a
// dot. Those of regular expressions have none.
var placeholder = regexp.MustCompile(`\{[a-z_]+\.[^{}]+\}`)

// fixed reports a value that is not known when the Caddyfile is read, as policies must be.
func fixed(values []caddyfile.Token) error {
	for _, v := range values {
		if p := placeholder.FindString(v.Text); p != "" {
			return placed(v, fmt.Errorf("%s has a value only while a request is served, and policies are read before; a variable of the environment is {$NAME} here", p))
		}
	}
	return nil
}

// placed returns a mistake with the place of a token.
func placed(t caddyfile.Token, err error) error { return fmt.Errorf("%s:%d: %w", t.File, t.Line, err) }

// readWritten takes the policy that is in the Caddyfile.
func (h *Handler) readWritten(at caddyfile.Token, w *written) error {
	text, tokens := w.yaml(at)
	policies, err := policyfile.Parse([]byte(text))
	var mistakes policyfile.Errors
	if errors.As(err, &mistakes) {
		all := make([]error, len(mistakes))
		for i, m := range mistakes {
			t := at
			if m.Line > 0 && m.Line <= len(tokens) {
				t = tokens[m.Line-1]
			}
			m.Line, m.Field = 0, strings.TrimPrefix(m.Field, prefix)
			all[i] = placed(t, m)
		}
		return errors.Join(all...)
	}
	h.Policies = []cors.Policy{policies[inline]}
	return nil
}

// readFile takes policies of a file: those with the names, or the only one.
func (h *Handler) readFile(file, trial []caddyfile.Token) error {
	path, err := beside(file[0])
	if err != nil {
		return placed(file[0], err)
	}
	data, err := read(path)
	if err != nil {
		return placed(file[0], err)
	}
	known, err := policyfile.Parse(data)
	if err != nil {
		return placed(file[0], errors.New("the file has mistakes:"+strings.ReplaceAll("\n"+err.Error(), "\n", "\n"+path+":")))
	}
	names := slices.Sorted(maps.Keys(known))
	chosen := file[1:]
	if len(chosen) == 0 && len(names) == 1 {
		chosen = []caddyfile.Token{{File: file[0].File, Line: file[0].Line, Text: names[0]}}
	}
	if len(chosen) == 0 {
		return placed(file[0], fmt.Errorf("%s has the policies %s; write which, such as policyfile %s %s", path, strings.Join(names, ", "), file[0].Text, names[0]))
	}
	for _, group := range []struct {
		names []caddyfile.Token
		to    *[]cors.Policy
	}{{chosen, &h.Policies}, {trial, &h.Trial}} {
		for _, name := range group.names {
			p, ok := known[name.Text]
			if !ok {
				return placed(name, fmt.Errorf("%s has no policy %q; it has %s", path, name.Text, strings.Join(names, ", ")))
			}
			*group.to = append(*group.to, p)
		}
	}
	if h.Name == "" {
		h.Name = joined(chosen)
	}
	return nil
}

func joined(tokens []caddyfile.Token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.Text
	}
	return strings.Join(texts, " ")
}

// beside returns the path of a file that a token names, relative to the file that the
// token is in.
func beside(t caddyfile.Token) (string, error) {
	if filepath.IsAbs(t.Text) {
		return t.Text, nil
	}
	caddyfile, err := caddy.FastAbs(t.File)
	return filepath.Join(filepath.Dir(caddyfile), t.Text), err
}

// read reads a file, and of one that is too large no more than shows that it is.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, policyfile.MaxSize+1))
}

var _ caddyfile.Unmarshaler = (*Handler)(nil)
