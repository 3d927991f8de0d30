package choice

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// Policy are the flags that say a policy, in place of a file.
type Policy struct {
	Origins, methods, headers, expose []string
	credentials                       bool
	maxAge                            string
}

// policyFields are the names of the flags, with the field that each sets.
var policyFields = map[string]string{
	"allow-origin": "allow_origins", "allow-method": "allow_methods", "allow-header": "allow_headers",
	"expose-header": "expose_headers", "allow-credentials": "allow_credentials", "max-age": "max_age",
}

// Register registers the flags.
func (f *Policy) Register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.Origins, "allow-origin", nil, "an `ORIGIN` whose pages may read responses; repeatable")
	flags.StringArrayVar(&f.methods, "allow-method", nil, "a `METHOD` besides GET, HEAD and POST; repeatable")
	flags.StringArrayVar(&f.headers, "allow-header", nil, "a request header, by `NAME`, that pages may set; repeatable")
	flags.StringArrayVar(&f.expose, "expose-header", nil, "a response header, by `NAME`, that pages may read; repeatable")
	flags.BoolVar(&f.credentials, "allow-credentials", false, "allow requests with cookies and other credentials")
	flags.StringVar(&f.maxAge, "max-age", "", "how long browsers may remember a preflight: a `DURATION` such as 1h")
	for name, words := range map[string][]string{
		"allow-method": {"PUT", "DELETE", "PATCH", "*"},
		"allow-header": {"Authorization", "Content-Type", "*"},
		"allow-origin": {}, "expose-header": {}, "max-age": {},
	} {
		Complete(cmd, name, words)
	}
}

// Policy returns what the flags say. It need not be valid: [Policy.Mistakes] says
// what [cors.New] finds.
func (f *Policy) Policy() (cors.Policy, error) {
	p := cors.Policy{
		AllowOrigins: f.Origins, AllowMethods: f.methods, AllowHeaders: f.headers,
		ExposeHeaders: f.expose, AllowCredentials: f.credentials,
	}
	if err := p.MaxAge.UnmarshalText([]byte(f.maxAge)); err != nil {
		return p, Mistake("max-age", f.maxAge, "it is not a duration", `write one such as "1h"`)
	}
	return p, nil
}

// Mistakes returns the mistakes that [cors.New] found in a policy, or in what is a
// policy for corsac alone and in no file, by the names of flags. Other errors stay as
// they are.
func (f *Policy) Mistakes(err error) error {
	var mistakes cors.ConfigErrors
	var inText policyfile.Errors
	if errors.As(err, &inText) {
		for _, e := range inText {
			var m *cors.ConfigError
			if errors.As(e, &m) {
				mistakes = append(mistakes, m)
			}
		}
	}
	if len(mistakes) == 0 && !errors.As(err, &mistakes) {
		return err
	}
	flags := map[string]string{}
	for flag, field := range policyFields {
		flags[field] = flag
	}
	var errs []error
	for _, m := range mistakes {
		flag, ok := flags[m.Field]
		if !ok {
			flag = m.Field
		}
		if m.Code == cors.CodeMaxAgeRange {
			m.Value = f.maxAge // as the user wrote it
		}
		errs = append(errs, Mistake(flag, m.Value, inFlags(flag, m.Why), inFlags(flag, m.Fix)))
	}
	return errors.Join(errs...)
}

// inFlags changes words about a file into words about a flag.
func inFlags(flag, fix string) string {
	for _, list := range []string{"write each origin as a separate entry", "list each method separately", "list each name separately"} {
		fix = strings.ReplaceAll(fix, list, "repeat --"+flag)
	}
	fix = strings.ReplaceAll(fix, "allow_credentials", "--allow-credentials")
	if before, _, ok := strings.Cut(fix, "; if you must, set dangerously_"); ok {
		return before
	}
	return fix
}

// Mistake returns the error of a flag: its value, why that is a mistake, and what to
// write instead, which may be "".
func Mistake(flag, value, why, fix string) error {
	s := fmt.Sprintf("--%s %q: %s", flag, value, why)
	if fix != "" {
		s += "; " + fix
	}
	return errors.New(s)
}

// FieldsOf returns the fields of a policy whose flags were given.
func FieldsOf(changed func(flag string) bool) (fields []string) {
	for flag, field := range policyFields {
		if changed(flag) {
			fields = append(fields, field)
		}
	}
	return fields
}

// PolicyFlags returns those of the flags of a policy, and of others, that were given.
func PolicyFlags(flags *pflag.FlagSet, others ...string) (given []string) {
	flags.Visit(func(flag *pflag.Flag) {
		if policyFields[flag.Name] != "" || slices.Contains(others, flag.Name) {
			given = append(given, "--"+flag.Name)
		}
	})
	return given
}
