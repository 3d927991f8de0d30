//go:build js && wasm

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/similar"
)

// middleware returns what a policy in JSON means. The error has a line for each mistake,
// with the names that fields have in files.
func middleware(policy []byte) (*cors.Middleware, error) {
	var p cors.Policy
	d := json.NewDecoder(bytes.NewReader(policy))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, errors.New("policy: " + unreadable(err))
	}
	m, err := cors.New(p)
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
		return m, err
	}
	var lines []string
	for _, mistake := range mistakes {
		lines = append(lines, "policy: "+inFile(mistake))
	}
	return nil, errors.New(strings.Join(lines, "\n"))
}

// inFile returns a mistake as [cors.ConfigError] has it, with the names of files.
func inFile(e *cors.ConfigError) string {
	text := e.Field
	if e.Index >= 0 {
		text += fmt.Sprintf("[%d]: %q", e.Index, e.Value)
	} else if e.Value != "" {
		text += fmt.Sprintf(": %q", e.Value)
	}
	text += ": " + e.Why
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return text
}

// wanted is what fields of a kind take.
var wanted = map[reflect.Kind]string{
	reflect.Slice: "a list, such as [a, b]", reflect.String: "a text", reflect.Bool: "true or false", reflect.Int: "a number",
}

// unreadable says why a policy cannot be read.
func unreadable(err error) string {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		if mistyped.Field == "" {
			return "it is not a mapping of fields, such as {\"allow_origins\": [\"https://app.example.com\"]}"
		}
		return fmt.Sprintf("%s: it takes %s, not a %s", mistyped.Field, wanted[mistyped.Type.Kind()], mistyped.Value)
	}
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name := strings.Trim(quoted, `"`)
		text := name + ": there is no such field"
		if near := similar.Nearest(name, fields(), strings.ToLower); near != "" {
			text += "; did you mean " + near + "?"
		}
		return text
	}
	if value, ok := strings.CutPrefix(err.Error(), "max age "); ok { // of [cors.MaxAge]
		return "max_age: " + value
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// fields returns the names that the fields of a policy have in files.
func fields() (names []string) {
	for field := range reflect.TypeFor[cors.Policy]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}
