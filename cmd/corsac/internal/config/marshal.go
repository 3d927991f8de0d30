package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cors"
)

// MarshalPolicies returns policies as the policies of a configuration file, in
// the order of their names, which [Parse] reads back as they are. What is in a
// policy's AllowOriginFunc is lost.
func MarshalPolicies(policies map[string]cors.Policy) []byte {
	var b strings.Builder
	b.WriteString("policies:\n")
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		fmt.Fprintf(&b, "  %s:\n", scalar(name))
		writePolicy(&b, policies[name])
	}
	return []byte(b.String())
}

func writePolicy(b *strings.Builder, p cors.Policy) {
	writeList(b, "allow_origins", p.AllowOrigins)
	writeList(b, "allow_methods", p.AllowMethods)
	writeList(b, "allow_headers", p.AllowHeaders)
	writeList(b, "expose_headers", p.ExposeHeaders)
	writeTruth(b, "allow_credentials", p.AllowCredentials)
	if d, set := p.MaxAge.Duration(); set {
		fmt.Fprintf(b, "    max_age: %s\n", shortDuration(d))
	}
	if p.PreflightStatus != 0 {
		fmt.Fprintf(b, "    preflight_status: %d\n", p.PreflightStatus)
	}
	writeTruth(b, "allow_timing", p.AllowTiming)
	if p.ResourcePolicy != "" {
		fmt.Fprintf(b, "    resource_policy: %s\n", scalar(p.ResourcePolicy))
	}
	writeList(b, "dangerously_allow_origin_regexps", p.DangerouslyAllowOriginRegexps)
	writeTruth(b, "dangerously_allow_null_origin", p.DangerouslyAllowNullOrigin)
	writeTruth(b, "dangerously_allow_insecure_origins_with_credentials", p.DangerouslyAllowInsecureOriginsWithCredentials)
	writeTruth(b, "dangerously_allow_public_suffixes_with_credentials", p.DangerouslyAllowPublicSuffixesWithCredentials)
}

// writeList writes a list in one line if it is short.
func writeList(b *strings.Builder, name string, values []string) {
	if len(values) == 0 {
		return
	}
	scalars := make([]string, len(values))
	for i, v := range values {
		scalars[i] = scalar(v)
	}
	if line := strings.Join(scalars, ", "); len(line) <= 80 {
		fmt.Fprintf(b, "    %s: [%s]\n", name, line)
		return
	}
	fmt.Fprintf(b, "    %s:\n", name)
	for _, s := range scalars {
		fmt.Fprintf(b, "      - %s\n", s)
	}
}

func writeTruth(b *strings.Builder, name string, v bool) {
	if v {
		fmt.Fprintf(b, "    %s: true\n", name)
	}
}

// plain are strings that every version of YAML reads as themselves without
// quotes, but for some words.
var plain = regexp.MustCompile(`^[A-Za-z](?:[A-Za-z0-9._/+-]|:[A-Za-z0-9/])*$`)

var words = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// scalar writes a string, in quotes if need be. The escapes of Go are those of
// YAML.
func scalar(s string) string {
	if plain.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return strconv.QuoteToASCII(s)
}

// shortDuration writes 1h for what time.Duration calls 1h0m0s.
func shortDuration(d time.Duration) string {
	switch {
	case d == 0 || d%time.Second != 0:
		return d.String()
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}
