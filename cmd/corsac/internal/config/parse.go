package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/corsac-dev/corsac/cors"
)

// Stdin is the file name that stands for standard input.
const Stdin = "-"

// Load reads a file, or stdin if the name is [Stdin]. The error is of type
// [Errors] if something is wrong with what the file says, and says why if it
// cannot be read.
func Load(name string, stdin io.Reader) (*Config, error) {
	data, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	return Parse(DisplayName(name), data)
}

// DisplayName returns what a file is called in messages.
func DisplayName(name string) string {
	if name == Stdin {
		return "stdin"
	}
	return name
}

// readFile reads a file up to a little more than MaxSize.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name != Stdin {
		f, err := os.Open(name)
		if err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		defer f.Close()
		stdin = f
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(stdin, MaxSize+1)); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return data.Bytes(), nil
}

// Parse reads a configuration. file is its name in errors. If anything is wrong,
// the error is of type [Errors].
func Parse(file string, data []byte) (*Config, error) {
	d := &decoder{file: file}
	c := &Config{file: file, places: map[string]*policyPlaces{}}
	if body := d.parseYAML(data); len(d.errs) == 0 {
		d.collectAnchors(body)
		root := value{node: body}
		if body != nil {
			root = d.resolve("", body)
		}
		d.config(root, c)
	}
	if len(d.errs) > 0 {
		slices.SortStableFunc(d.errs, func(a, b *Error) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, d.errs
	}
	return c, nil
}

// config reads the root of the file.
func (d *decoder) config(v value, c *Config) {
	var routes []routePlaces
	present := d.read(v, fields{
		"policies": func(v value) { d.policies(v, c) },
		"gateway":  func(v value) { routes = d.gateway(v, &c.Gateway) },
	}, true)
	if _, ok := present["policies"]; !ok || len(c.places) == 0 && len(d.errs) == 0 {
		d.refuse(place{field: "policies"}, Error{
			Code: CodePoliciesMissing, Why: "there is no policy",
			Fix: `write one, such as policies: {app: {allow_origins: ["https://app.example.com"]}}`,
		})
	}
	d.checkRoutes(routes, c)
}

// policies reads the policies.
func (d *decoder) policies(v value, c *Config) {
	c.Policies = map[string]cors.Policy{}
	list, _ := d.entries(v)
	for _, e := range list {
		if !isName(e.key) {
			d.refuse(e.at, Error{
				Code: CodePolicyName, Value: e.key, Why: "it is not a name for a policy",
				Fix: `write letters, digits, ".", "-" and "_", beginning with a letter or digit`,
			})
		}
		at := &policyPlaces{name: e.at, order: len(c.places), lists: map[string][]place{}, fields: map[string]place{}}
		c.places[e.key] = at
		if e.value.node != nil {
			c.Policies[e.key] = d.policy(e.value, at)
		}
	}
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '.' && c != '-' && c != '_') {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// NeedRoutes returns an error of type [Errors] if there is no gateway to serve.
func (c *Config) NeedRoutes() error {
	if len(c.Gateway.Routes) > 0 {
		return nil
	}
	return Errors{{
		File: c.file, Field: "gateway", Code: CodeGatewayMissing,
		Why: "there is no gateway to serve",
		Fix: "add it, such as gateway: {routes: [{path: /, upstream: \"http://127.0.0.1:9000\", policy: app}]}",
	}}
}
