package stacks

import (
	"fmt"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
	"github.com/corsac-dev/corsac/policyfile"
)

// hostile are strings that end literals, comments, templates or lines in one
// language or another.
var hostile = []string{
	"", "'", `"`, "`", `\`, `\'`, `\"`, `\\`, "\n", "\r\n", "\x00", "\x1b[31m", "$", "${x}", "$(x)", "#{x}", "{{x}}", "%{x}", "<%= x %>", "?>", "*/", "/*", "//", "-->", "</script>",
	`\u0022`, `\x22`, "\u2028", "é", "😀", "\xff", "'); x('", `"); x("`, "a'b\"c`d",
}

// literals are the functions that make literals, with what else must not stand
// in one without a backslash.
var literals = map[string]struct {
	literal func(string) string
	special string
}{
	"javascript": {jsString, ""},
	"python":     {pyString, ""},
	"go":         {goString, ""},
	"java":       {javaString, ""},
	"csharp":     {csharpString, ""},
	"ruby":       {rubyString, "#"},
	"php":        {phpString, ""},
	"rust":       {rustString, ""},
	"terraform":  {hclString, ""},
}

// closed says what is wrong with a literal: it must end where it ends, and be
// printable ASCII in one line.
func closed(literal, special string) error {
	if len(literal) < 2 || literal[0] != literal[len(literal)-1] || !strings.ContainsRune(`'"`, rune(literal[0])) {
		return fmt.Errorf("no quotes around %s", literal)
	}
	inside := literal[1 : len(literal)-1]
	for i := 0; i < len(inside); i++ {
		switch b := inside[i]; {
		case b < ' ' || b >= 0x7f:
			return fmt.Errorf("byte %#x in %q", b, literal)
		case b == '\\':
			if i++; i == len(inside) {
				return fmt.Errorf("the last quote of %s is escaped", literal)
			}
		case b == literal[0] || strings.IndexByte(special, b) >= 0:
			return fmt.Errorf("%q without a backslash in %s", b, literal)
		}
	}
	return nil
}

func FuzzLiterals(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, l := range literals {
			special := l.special
			got := l.literal(s)
			if name == "php" && got[0] == '"' {
				special = "$"
			}
			if err := closed(got, special); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestLiteralsRead checks that real interpreters read from a literal what it is
// the literal of.
func TestLiteralsRead(t *testing.T) {
	for name, run := range map[string]struct {
		program, install string
		args             []string
		// print is a program that prints the bytes of a literal in hexadecimal.
		print string
	}{
		"javascript": {"node", "apt-get install nodejs", []string{"-e"}, "console.log(Buffer.from(%s).toString('hex'))"},
		"python":     {"python3", "apt-get install python3", []string{"-c"}, "print((%s).encode().hex())"},
	} {
		t.Run(name, func(t *testing.T) {
			program := testenv.Program(t, run.install, run.program)
			var source, want strings.Builder
			for _, s := range hostile {
				fmt.Fprintf(&source, run.print+"\n", literals[name].literal(s))
				fmt.Fprintf(&want, "%x\n", strings.ToValidUTF8(s, "\ufffd"))
			}
			out, err := exec.CommandContext(t.Context(), program, append(run.args, source.String())...).CombinedOutput()
			if err != nil || string(out) != want.String() {
				t.Errorf("%v\n%s\nwant:\n%s", err, out, want.String())
			}
		})
	}
}

// FuzzSnippets checks that no value of a policy, valid or not, changes anything
// in a snippet but the insides of literals, and that none is in a comment.
func FuzzSnippets(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("x'--$`|~%#*")
	f.Fuzz(func(t *testing.T, s string) {
		if s == "*" {
			return // it has a meaning of its own
		}
		p := cors.Policy{
			AllowOrigins: []string{s, "https://" + s + ".example.com", "https://*." + s}, AllowMethods: []string{s, "a" + s},
			AllowHeaders: []string{s, "a" + s}, ExposeHeaders: []string{s, "a" + s}, AllowCredentials: true,
			DangerouslyAllowOriginRegexps: []string{s}, MaxAge: cors.CacheFor(time.Hour),
		}
		r := rulesOf(&p)
		for _, o := range r.exact {
			if _, err := origin.Parse(o); err != nil {
				t.Errorf("%q is an exact origin: %v", o, err)
			}
		}
		for _, n := range append(append(append([]string{}, r.methods...), r.headers...), r.expose...) {
			if strings.ContainsAny(n, "\"\\/(){}<>@,;:=[]? \t\r\n") {
				t.Errorf("%q is a name", n)
			}
		}
		for _, p := range r.patterns {
			re := p.anchored()
			if strings.ContainsFunc(re, func(c rune) bool { return !strings.ContainsRune(originBytes+`\^$(?:|)*+{,}`, c) }) {
				t.Errorf("%q is a regular expression", re)
			}
		}
	})
}

var quoted = regexp.MustCompile(`'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"`)

// FuzzSnippetShape checks that a name that is hostile changes nothing in the
// snippet of an application stack but the insides of literals.
func FuzzSnippetShape(f *testing.F) {
	for _, s := range []string{"x'", "x`", "$x", "#x", "%x|", "x-*", "^x$", "it's", "~!&+."} {
		f.Add(s)
	}
	shape := func(s *Stack, name string) string {
		p := cors.Policy{
			AllowOrigins: []string{"https://a.example"}, AllowMethods: []string{name}, AllowHeaders: []string{name}, ExposeHeaders: []string{name},
			MaxAge: cors.CacheFor(time.Hour),
		}
		return quoted.ReplaceAllString(s.Snippet(&p).Code, "literal")
	}
	want := map[string]string{}
	for _, stack := range All() {
		if stack.Layer == Application && !strings.HasSuffix(stack.Snippet(&cors.Policy{}).File, ".xml") { // XML has its own test
			want[stack.Name] = shape(stack, "x-y")
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(names([]string{s}, equal)) == 0 || s == "*" || !strings.ContainsAny(s, "'`$#%|^*~!&+.") || len(s) > 50 {
			return
		}
		for name, want := range want {
			if got := shape(Lookup(name), s); got != want {
				t.Errorf("%s, %q:\n%s\nwant:\n%s", name, s, got, want)
			}
		}
	})
}

// TestTomcatXML checks that names stay inside the elements that they stand in.
func TestTomcatXML(t *testing.T) {
	p := cors.Policy{AllowOrigins: []string{"https://a.example"}, AllowHeaders: []string{"x&'`y"}}
	if code := Lookup("tomcat").Snippet(&p).Code; !strings.Contains(code, "<param-value>x&amp;&#39;`y</param-value>") {
		t.Error(code)
	}
}

// TestCorsacFile checks that the snippet of the gateway is the policy.
func TestCorsacFile(t *testing.T) {
	for name, p := range standardPolicies(t) {
		read, err := policyfile.Parse([]byte(Lookup("corsac").Snippet(&p).Code))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read["app"], p) {
			t.Errorf("%s becomes %+v", name, read["app"])
		}
	}
	bad := Lookup("corsac").Snippet(&cors.Policy{})
	if len(bad.Lost) == 0 {
		t.Error("a policy that is not valid has no gap")
	}
}

// forged are near-misses of https://*.example.org, and others that no pattern
// may let in.
var forged = []string{
	"https://example.org", "https://evilexample.org", "https://example.org.evil.com", "https://a.example.org.evil.com",
	"http://a.example.org", "https://a.example.org:8443", "https://a.example.orgx", "https://aexample.org", "https://a.exampleXorg",
	"https://.example.org", "https://a..example.org", "https://evil.com/.example.org", "https://evil.com#.example.org",
	"https://evil.com?.example.org", "https://evil.com:.example.org", "https://a@b.example.org", "https://a.example.org/",
	"https://A.example.org", "xhttps://a.example.org", "https://a.example.org\n", "\nhttps://a.example.org", "null", "", "https://-.example.org", "https://a,b.example.org",
}

// TestWildcardRegexp checks the regular expressions of wildcards.
func TestWildcardRegexp(t *testing.T) {
	for s, allowed := range map[string][]string{
		"https://*.example.org":      {"https://a.example.org", "https://a.b-c.example.org", "https://1.example.org"},
		"https://*.example.org:8080": {"https://a.example.org:8080"},
		"https://*.example.org:*":    {"https://a.example.org", "https://a.example.org:1", "https://a.example.org:65535", "https://a.example.org:8443"},
		"http://localhost:*":         {"http://localhost", "http://localhost:3000"},
		"http://[::1]:*":             {"http://[::1]", "http://[::1]:3000"},
		"capacitor://localhost:*":    {"capacitor://localhost"},
	} {
		p, err := origin.ParsePattern(s)
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile(wildcard(p).anchored())
		for _, o := range allowed {
			if !re.MatchString(o) || !p.Match(o) {
				t.Errorf("%s refuses %s", re, o)
			}
		}
		for _, o := range forged {
			if re.MatchString(o) && !p.Match(o) {
				t.Errorf("%s allows %q", re, o)
			}
		}
	}
}

// TestPortable checks which regular expressions can be carried over, and how.
func TestPortable(t *testing.T) {
	for expr, want := range map[string]string{
		`https://app\.example\.com`:               `https://app\.example\.com`,
		`^https://(eu|us)\.example\.com$`:         `^https://(?:eu|us)\.example\.com$`,
		`https://[^.]+\.example\.com`:             `https://[a-z0-9\-_:/\[\]+]+\.example\.com`,
		`https://(?i:EU)\.example\.com`:           `https://eu\.example\.com`,
		`(?P<scheme>https?)://example\.com`:       `(?:https?)://example\.com`,
		`https://example\.com(:\d{2,4})?`:         `https://example\.com(?::[0-9]{2,4})?`,
		`\Qhttps://example.com\E`:                 `https://example\.com`,
		`https://.{3}\.example\.com`:              `https://[a-z0-9\-._:/\[\]+]{3}\.example\.com`,
		`https://\bexample\.com`:                  "",
		`https://([a-z]+\.)+example\.com`:         "", // may take exponential time
		`https://[a-z]*[a-z]*\.example\.com`:      "", // may take quadratic time
		`https://(?:a|aa)+\.example\.com`:         "",
		`https://EXAMPLE\.com`:                    "", // matches no origin
		`https://(`:                               "",
		strings.Repeat("a", 2000):                 "",
		`https://(?:` + strings.Repeat("a|", 900): "",
	} {
		got, ok := portable(expr)
		if ok != (want != "") || ok && got != want {
			t.Errorf("portable(%q) = %q, %t; want %q", expr, got, ok, want)
		}
	}
}

// FuzzPortable checks that a portable expression matches the same origins as the
// one that it stands for.
func FuzzPortable(f *testing.F) {
	for _, expr := range []string{`https://(eu|us)\.example\.com`, `https?://[^/]*`, `.*`, `(?i)HTTPS://A`, `[[:alpha:]]+://\w`, `(?m)^a$`, `\x41|a`, `a{2,3}?b??`, `\pL`} {
		for _, o := range forged {
			f.Add(expr, o)
		}
		f.Add(expr, "https://eu.example.com")
	}
	f.Fuzz(func(t *testing.T, expr, s string) {
		re, ok := portable(expr)
		if !ok || strings.Trim(s, originBytes) != "" {
			return
		}
		want, err := regexp.Compile(`\A(?:` + expr + `)\z`)
		if err != nil {
			return // the group may end early
		}
		got, err := regexp.Compile(pattern{re: re}.anchored())
		if err != nil {
			t.Fatalf("%q becomes %q: %v", expr, re, err)
		}
		if got.MatchString(s) != want.MatchString(s) {
			t.Errorf("%q becomes %q, which differs for %q", expr, re, s)
		}
	})
}
