package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cors"
)

// policyFlags are the flags that say a policy, in place of a file.
type policyFlags struct {
	origins, methods, headers, expose []string
	credentials                       bool
	maxAge                            string
}

// policyFields are the names of the flags, with the field that each sets.
var policyFields = map[string]string{
	"allow-origin": "allow_origins", "allow-method": "allow_methods", "allow-header": "allow_headers",
	"expose-header": "expose_headers", "allow-credentials": "allow_credentials", "max-age": "max_age",
}

func (f *policyFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.origins, "allow-origin", nil, "an `ORIGIN` whose pages may read responses; repeatable")
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
		choice.Complete(cmd, name, words)
	}
}

// policy returns what the flags say. It need not be valid: [policyFlags.mistakes]
// says what [cors.New] finds.
func (f *policyFlags) policy() (cors.Policy, error) {
	p := cors.Policy{
		AllowOrigins: f.origins, AllowMethods: f.methods, AllowHeaders: f.headers,
		ExposeHeaders: f.expose, AllowCredentials: f.credentials,
	}
	if err := p.MaxAge.UnmarshalText([]byte(f.maxAge)); err != nil {
		return p, flagMistake("max-age", f.maxAge, "it is not a duration", `write one such as "1h"`)
	}
	return p, nil
}

// mistakes reports mistakes in a policy by the names of flags.
func (f *policyFlags) mistakes(err error) error {
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
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
		errs = append(errs, errors.New(mistakeLine(flag, m.Value, m.Why, inFlags(m.Fix))))
	}
	return &problem{status: ExitUsage, err: errors.Join(errs...)}
}

// inFlags changes a fix for a file into one for flags.
func inFlags(fix string) string {
	fix = strings.ReplaceAll(fix, "allow_credentials", "--allow-credentials")
	if before, _, ok := strings.Cut(fix, "; if you must, set dangerously_"); ok {
		return before
	}
	return fix
}

func mistakeLine(flag, value, why, fix string) string {
	s := fmt.Sprintf("--%s %q: %s", flag, value, why)
	if fix != "" {
		s += "; " + fix
	}
	return s
}

func flagMistake(flag, value, why, fix string) error {
	return &problem{status: ExitUsage, err: errors.New(mistakeLine(flag, value, why, fix))}
}

func flagMissing(flag, what, example string) error {
	return &problem{status: ExitUsage, err: fmt.Errorf("--%s is missing: %s", flag, what), hint: "add it, such as " + example}
}
