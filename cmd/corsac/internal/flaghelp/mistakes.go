package flaghelp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/internal/similar"
)

// insteadKey begins the keys of annotations of a command: flags of other programs,
// with what to do instead.
const insteadKey = "corsac_instead_"

// Instead says what to do instead of flags that a command does not have, by their
// names without dashes: those of another program that works alike.
func Instead(cmd *cobra.Command, advice map[string]string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	for name, text := range advice {
		cmd.Annotations[insteadKey+name] = text
	}
}

// maxMistakes bounds the mistakes of a command line that are reported.
const maxMistakes = 20

// Mistakes returns every mistake in the flags of a command line, each as a sentence.
// args are the arguments of the program, and first is the error with which pflag
// stopped at the first mistake. The command must not be run afterwards.
func Mistakes(cmd *cobra.Command, args []string, first error) error {
	flags := cmd.Flags()
	var unknown []error
	dashes := map[string]bool{} // of unknown flags
	known := names(flags)
	for range maxMistakes {
		var wrong []error
		err := flags.ParseAll(args, func(f *pflag.Flag, value string) error {
			if err := flags.Set(f.Name, value); err != nil {
				wrong = append(wrong, invalid(f, value, err))
			}
			return nil
		})
		var missing *pflag.NotExistError
		if errors.As(err, &missing) {
			name := missing.GetSpecifiedName()
			if short := missing.GetSpecifiedShortnames() != ""; !dashes[dashed(name, short)] {
				dashes[dashed(name, short)] = true
				unknown = append(unknown, noSuchFlag(cmd, dashed(name, short), known))
				ignore(flags, name, short)
				continue
			}
		}
		all := append(unknown, wrong...)
		if err != nil {
			all = append(all, sentence(err))
		}
		all = append(all, otherWords(flags)...)
		if len(all) > 0 {
			return errors.Join(all...)
		}
		break
	}
	return errors.Join(append(unknown, sentence(first))...)
}

// wordsKey is the annotation of a flag with the words that its value can be.
const wordsKey = "corsac_words"

// Words says that the value of a flag is one of these, or empty.
func Words(flags *pflag.FlagSet, name string, words ...string) {
	if err := flags.SetAnnotation(name, wordsKey, words); err != nil {
		panic(err) // a flag that does not exist
	}
}

// OtherWord returns the mistake of a flag whose value is not one of its words, or nil.
func OtherWord(f *pflag.Flag) error {
	words, value := f.Annotations[wordsKey], f.Value.String()
	if words == nil || value == "" || slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("--%s %q is not one of %s", f.Name, value, strings.Join(words, ", "))
}

// otherWords are the mistakes of all flags with words.
func otherWords(flags *pflag.FlagSet) (errs []error) {
	flags.Visit(func(f *pflag.Flag) {
		if err := OtherWord(f); err != nil {
			errs = append(errs, err)
		}
	})
	return errs
}

// names returns the names of flags, second names included.
func names(flags *pflag.FlagSet) (list []string) {
	flags.VisitAll(func(f *pflag.Flag) {
		list = append(list, f.Name)
		list = append(list, f.Annotations[aliasKey]...)
	})
	return list
}

// dashed returns a flag as it is written.
func dashed(name string, short bool) string {
	if short {
		return "-" + name
	}
	return "--" + name
}

// noSuchFlag is the mistake of a flag that does not exist.
func noSuchFlag(cmd *cobra.Command, flag string, known []string) error {
	name := strings.TrimLeft(flag, "-")
	text := fmt.Sprintf("%s has no flag %s", cmd.CommandPath(), flag)
	if advice, ok := cmd.Annotations[insteadKey+name]; ok {
		return errors.New(text + "; " + advice)
	}
	if meant := nearest(name, known); meant != "" {
		text += "; did you mean --" + meant + "?"
	}
	return errors.New(text)
}

// nearest returns the flag that is most likely meant, or "".
func nearest(name string, known []string) string {
	if len(name) < 3 {
		return ""
	}
	if meant := similar.Nearest(name, known, nil); meant != "" && len(name) > 3 {
		return meant
	}
	// A word of a longer name, such as time for max-time, or its beginning, if of one
	// only.
	same := func(k string) bool {
		return slices.Contains(strings.Split(k, "-"), name) || strings.HasPrefix(k, name)
	}
	i := slices.IndexFunc(known, same)
	if i < 0 || slices.ContainsFunc(known[i+1:], same) {
		return ""
	}
	return known[i]
}

// ignored is the value of a flag that does not exist, so that those after it can be
// read.
type ignored struct{}

func (ignored) String() string   { return "" }
func (ignored) Set(string) error { return nil }
func (ignored) Type() string     { return "bool" }

// ignore makes flags accept one that does not exist.
func ignore(flags *pflag.FlagSet, name string, short bool) {
	f := &pflag.Flag{Name: name, Value: ignored{}, NoOptDefVal: "true", Hidden: true}
	if short {
		f.Name, f.Shorthand = "unknown -"+name, name
	}
	flags.AddFlag(f)
}

// written returns a flag as help lists it.
func written(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand + ", --" + f.Name
	}
	return "--" + f.Name
}

// invalid is the mistake of a value that a flag cannot have.
func invalid(f *pflag.Flag, value string, err error) error {
	var wrapped *pflag.InvalidValueError
	if errors.As(err, &wrapped) {
		err = wrapped.Unwrap()
	}
	why := kinds[f.Value.Type()]
	switch {
	case errors.Is(err, strconv.ErrRange):
		why = "it is out of range"
	case why == "":
		why = err.Error()
	}
	return fmt.Errorf("%s %q: %s", written(f), value, why)
}

// kinds are what is wrong with the value of a flag, by the type of the flag.
var kinds = map[string]string{
	"bool":     "it is not true or false; write the flag alone",
	"int":      "it is not a whole number",
	"int64":    "it is not a whole number",
	"uint16":   "it is not a port, such as 8080",
	"float64":  "it is not a number",
	"duration": "it is not a duration; write one with its unit, such as 10s or 2m",
}

// sentence returns an error of pflag in words for people.
func sentence(err error) error {
	var value *pflag.ValueRequiredError
	var syntax *pflag.InvalidSyntaxError
	var invalidValue *pflag.InvalidValueError
	switch {
	case errors.As(err, &value):
		what, _ := pflag.UnquoteUsage(value.GetFlag())
		return fmt.Errorf("%s needs a value: %s", written(value.GetFlag()), what)
	case errors.As(err, &syntax):
		return fmt.Errorf("%q is not a flag: a name follows the dashes", syntax.GetSpecifiedFlag())
	case errors.As(err, &invalidValue):
		return invalid(invalidValue.GetFlag(), invalidValue.GetValue(), err)
	}
	return err
}
