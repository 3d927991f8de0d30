package corsaccaddy

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/corsac-dev/corsac/cors"
)

// written is a policy as it is written in a Caddyfile: names of fields, and their
// values.
type written struct {
	keys   []caddyfile.Token // each once, as written first
	values map[string][]caddyfile.Token
}

// add adds a line. What is written twice is one list.
func (w *written) add(key caddyfile.Token, values []caddyfile.Token) {
	if w.values == nil {
		w.values = map[string][]caddyfile.Token{}
	}
	before, again := w.values[key.Text]
	if !again {
		w.keys = append(w.keys, key)
	}
	w.values[key.Text] = append(before, values...)
}

// The policy has a name in the file that yaml makes; prefix is what mistakes in it
// have before the names of fields.
const (
	inline = "inline"
	prefix = "policies." + inline + "."
)

// yaml returns the policy as the file that package policyfile reads, so that there is
// one reader of policies and of their mistakes. Each value has a line of its own, and
// tokens has the token that each line is made of.
func (w *written) yaml(at caddyfile.Token) (text string, tokens []caddyfile.Token) {
	var b strings.Builder
	line := func(t caddyfile.Token, text string) {
		b.WriteString(text + "\n")
		tokens = append(tokens, t)
	}
	line(at, "policies:")
	line(at, " "+inline+": {")
	for _, key := range w.keys {
		name, values := "  "+quoted(key.Text)+": ", w.values[key.Text]
		switch kind := kinds()[key.Text]; {
		case kind == reflect.Bool && len(values) == 0:
			line(key, name+"true,")
		case kind != reflect.Slice && len(values) == 1:
			line(values[0], name+scalar(kind, values[0].Text)+",")
		default:
			line(key, name+"[")
			for _, v := range values {
				line(v, "   "+quoted(v.Text)+",")
			}
			line(key, "  ],")
		}
	}
	line(at, " }")
	return b.String(), tokens
}

// kinds returns the kinds of values of the fields of a policy.
func kinds() map[string]reflect.Kind {
	kinds := map[string]reflect.Kind{}
	for f := range reflect.TypeFor[cors.Policy]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kinds[name] = f.Type.Kind()
	}
	return kinds
}

// scalar returns a value, without quotes if it can be a number, a duration or a truth
// value.
func scalar(kind reflect.Kind, s string) string {
	const alnum = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if kind != reflect.String && s != "" && strings.Trim(s, alnum) == "" {
		return s
	}
	return quoted(s)
}

// quoted returns a value in the quotes of JSON, which YAML reads alike.
func quoted(s string) string {
	text, _ := json.Marshal(s) // a string never fails
	return string(text)
}
