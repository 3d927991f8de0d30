package stacks

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// codeTree returns a project of files by name, with the named ones first.
func codeTree(files map[string]string, first string) *source.Tree {
	list := []*source.File{{Name: first, Text: files[first]}}
	for _, name := range sortedNames(files) {
		if name != first {
			list = append(list, &source.File{Name: name, Text: files[name]})
		}
	}
	return source.Memory(list...)
}

func sortedNames(files map[string]string) (names []string) {
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// codeFault is a rule, a file with § before the place of the fault, what is in the
// file after its edits ("" if there are none), and other files of the project.
type codeFault struct {
	rule, name, text, fixed string
	more                    map[string]string
}

// javaClass returns a class with a method.
func javaClass(body string) string {
	return "class A {\n    void a() {\n        " + body + "\n    }\n}\n"
}

const (
	mapping  = "class M { void a(CorsRegistry r) { r.addMapping(\"/**\").allowedOrigins(\"https://a.example\"); } }\n"
	secured  = "class S { SecurityFilterChain c(HttpSecurity http) { return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build(); } }\n"
	newCORS  = "CorsConfiguration c = new CorsConfiguration(); "
	complete = `c.setAllowedOrigins(List.of("https://a.example")); c.setAllowedMethods(List.of("*")); `
	ours     = "builder.Services.AddCors(o => o.AddPolicy(\"P\", p => p.WithOrigins(\"https://a.example\")));\n"
)

var springFaults = []codeFault{
	{rule: "throws-on-credentials", name: "A.java", text: javaClass(newCORS + `c.addAllowedOrigin("§*"); c.addAllowedMethod("*"); c.setAllowCredentials(true);`)},
	{rule: "throws-on-credentials", name: "A.java", text: "§@CrossOrigin(allowCredentials = \"true\")\nclass A {}"},
	{rule: "reflects-any-origin", name: "A.java", text: javaClass(newCORS + `c.addAllowedOriginPattern("§*"); c.setAllowCredentials(true);`)},
	{rule: "any-origin", name: "A.java", text: "§@CrossOrigin\nclass A {}"},
	{rule: "permit-defaults-kept", name: "A.java", text: javaClass(newCORS + `c.applyPermitDefaultValues(); c.§addAllowedOrigin("https://a.example");`)},
	{rule: "permit-defaults-kept", name: "A.kt", text: "fun a() {\n  val c = CorsConfiguration().applyPermitDefaultValues()\n  c.§addAllowedHeader(\"X-A\")\n}"},
	{rule: "no-origins", name: "A.java", text: javaClass("CorsConfiguration c = §new CorsConfiguration(); c.addAllowedMethod(\"*\");")},
	{rule: "no-methods", name: "A.java", text: javaClass("CorsConfiguration c = §new CorsConfiguration(); c.addAllowedOrigin(\"https://a.example\");")},
	{rule: "no-headers", name: "A.java", text: javaClass("CorsConfiguration c = §new CorsConfiguration(); " + complete)},
	{rule: "method-left-out", name: "A.java", text: javaClass(newCORS + `c.setAllowedOrigins(List.of("https://a.example")); c.setAllowedMethods(List.of("§PUT", "POST"));`)},
	{rule: "method-case", name: "A.java", text: "@CrossOrigin(origins = \"https://a.example\")\nclass A { void a(CorsRegistry r) { r.addMapping(\"/**\").allowedMethods(\"GET\", \"§put\"); } }", fixed: `"GET", "PUT")`},
	{rule: "origins-in-one-string", name: "A.java", text: "@CrossOrigin(\"§https://a.example,https://b.example\")\nclass A {}"},
	{rule: "pattern-too-wide", name: "A.java", text: "@CrossOrigin(originPatterns = \"§https://*example.com\")\nclass A {}"},
	{rule: "pattern-too-wide", name: "A.java", text: "@CrossOrigin(originPatterns = {\"§http://localhost*\"})\nclass A {}"},
	{rule: "pattern-too-wide", name: "A.java", text: "@CrossOrigin(originPatterns = {\"§https://app.example.*\"})\nclass A {}"},
	{rule: "credentials-not-boolean", name: "A.java", text: "@CrossOrigin(origins = \"https://a.example\", allowCredentials = §\"yes\")\nclass A {}"},
	{rule: "one-level-only", name: "A.java", text: "class M { void a(CorsRegistry r) { r.addMapping(§\"/*\").allowedOrigins(\"https://a.example\"); } }"},
	{rule: "no-such-origin", name: "A.java", text: "@CrossOrigin(\"§a.example\")\nclass A {}"},
	{rule: "wildcard-is-literal", name: "A.java", text: "@CrossOrigin(\"§https://*.example.com\")\nclass A {}"},
	{rule: "null-origin", name: "A.java", text: "@CrossOrigin(\"§null\")\nclass A {}"},
	{rule: "wildcard-names-with-credentials", name: "A.java", text: "@CrossOrigin(origins = \"https://a.example\", allowCredentials = \"true\", exposedHeaders = \"§*\")\nclass A {}"},
	{rule: "security-without-cors", name: "S.java", text: strings.Replace(secured, "HttpS", "§HttpS", 1), more: map[string]string{"M.java": mapping}},
	{rule: "security-without-cors", name: "S.kt", text: "class S { fun c(http: §HttpSecurity): SecurityFilterChain { http { authorizeHttpRequests { authorize(anyRequest, authenticated) } } } }", more: map[string]string{"M.java": mapping}},
	{rule: "security-cors-disabled", name: "S.java", text: strings.Replace(secured, "http.a", "http.§cors(c -> c.disable()).a", 1), more: map[string]string{"M.java": mapping}},
	{rule: "security-cors-disabled", name: "S.java", text: strings.Replace(secured, "http.a", "http.§cors().disable().a", 1), more: map[string]string{"M.java": mapping}},
	{rule: "filter-after-security", name: "A.java", text: javaClass("return new §FilterRegistrationBean<>(new CorsFilter(source()));"), more: map[string]string{"S.java": secured}},
	{rule: "handlers-only", name: "M.java", text: strings.Replace(mapping, "r.a", "§r.a", 1)},
	{rule: "set-by-hand-too", name: "A.java", text: javaClass(`r.setHeader(§"Access-Control-Allow-Origin", "*");`), more: map[string]string{"M.java": mapping}},
	{rule: "open-actuator", name: "application.properties", text: "§management.endpoints.web.cors.allowed-origins=*"},
	{rule: "no-such-property", name: "application.yml", text: "spring:\n  mvc:\n    cors:\n      §allowed-origins: \"*\"\n"},
	{rule: "wildcard-with-credentials", name: "A.java", text: javaClass(`r.setHeader("Access-Control-Allow-Origin", §"*"); r.setHeader("Access-Control-Allow-Credentials", "true");`)},
	{rule: "several-origins", name: "A.java", text: javaClass(`r.setHeader("Access-Control-Allow-Origin", §"https://a.example, https://b.example");`)},
	{rule: "no-vary", name: "A.java", text: javaClass(`r.setHeader("Access-Control-Allow-Origin", §q.getHeader("Origin"));`)},
}

var aspnetFaults = []codeFault{
	{rule: "throws-on-credentials", name: "Program.cs", text: "app.UseCors(p => p.§AllowAnyOrigin().AllowCredentials());"},
	{rule: "throws-on-credentials", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§*\").AllowCredentials());"},
	{rule: "reflects-any-origin", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(§origin => true).AllowCredentials());"},
	{rule: "reflects-any-origin", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(§(string o) => { return true; }).AllowCredentials());"},
	{rule: "any-origin", name: "Program.cs", text: "app.UseCors(p => p.§AllowAnyOrigin());"},
	{rule: "trailing-slash", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§https://a.example/\"));", fixed: `("https://a.example")`},
	{rule: "origins-ignored", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§https://a.example\").SetIsOriginAllowed(o => true));"},
	{rule: "no-origins", name: "Program.cs", text: "app.§UseCors(p => p.AllowAnyHeader());"},
	{rule: "no-vary-on-refusal", name: "Program.cs", text: "app.§UseCors(p => p.WithOrigins(\"https://a.example\"));"},
	{rule: "no-such-origin", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§localhost:3000\"));"},
	{rule: "wildcard-is-literal", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§https://*.example.com\"));"},
	{rule: "wildcard-is-literal", name: "Program.cs", text: "app.UseCors(p => p.AllowAnyOrigin().WithOrigins(\"https://a.example\", \"§*\"));"},
	{rule: "null-origin", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"§null\"));"},
	{rule: "wildcard-names-with-credentials", name: "Program.cs", text: "app.UseCors(p => p.WithOrigins(\"https://a.example\").WithExposedHeaders(\"§*\").AllowCredentials());"},
	{rule: "part-of-origin", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => §o.EndsWith(\"example.com\")));"},
	{rule: "part-of-origin", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => §new Uri(o).Host.Contains(\"example.com\")));"},
	{rule: "unanchored-origin", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => Regex.IsMatch(o, @\"§https://a\\.example\\.com\")));", fixed: `@"^https://a\.example\.com$"`},
	{rule: "expression-too-wide", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => Regex.IsMatch(o, @\"§^https://.*example\\.com$\")));"},
	{rule: "wildcard-in-expression", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => Regex.IsMatch(o, \"§https://*.example.com\")));"},
	{rule: "invalid-expression", name: "Program.cs", text: "app.UseCors(p => p.SetIsOriginAllowed(o => Regex.IsMatch(o, \"§^(?=a)b$\")));"},
	{rule: "cors-after-authorization", name: "Program.cs", text: "app.UseRouting();\napp.UseAuthorization();\n\napp.§UseCors(\"P\");\napp.Run();\n", fixed: "app.UseRouting();\napp.UseCors(\"P\");\napp.UseAuthorization();\n\napp.Run();\n"},
	{rule: "cors-after-authorization", name: "Program.cs", text: "app.UseAuthorization();\nif (dev) { app.§UseCors(\"P\"); }"},
	{rule: "cors-after-authorization", name: "Program.cs", text: "app.UseAuthorization().§UseCors(\"P\");"},
	{rule: "cors-after-authorization", name: "Program.cs", text: "app.UseAuthorization();\napp.UseRouting();\napp.§UseCors(\"P\");\n"},
	{rule: "cors-after-authorization", name: "Program.cs", text: "app.UseAuthorization();\nvar name = \"P\";\napp.§UseCors(name);\n"},
	{rule: "cors-after-endpoints", name: "Program.cs", text: "app.UseEndpoints(e => { e.MapControllers(); });\napp.§UseCors(\"P\");"},
	{rule: "cors-before-routing", name: "Program.cs", text: "app.§UseCors(\"P\");\napp.UseRouting();", more: map[string]string{"C.cs": "[EnableCors(\"P\")]\nclass C {}"}},
	{rule: "cors-after-response-caching", name: "Program.cs", text: "app.UseResponseCaching();\napp.§UseCors(\"P\");"},
	{rule: "no-use-cors", name: "Program.cs", text: "var builder = WebApplication.CreateBuilder();\n" + strings.Replace(ours, "AddP", "§AddP", 1) + "app.Run();"},
	{rule: "unknown-policy", name: "Program.cs", text: ours + "app.UseCors(§\"Q\");"},
	{rule: "unknown-policy", name: "C.cs", text: "[EnableCors(§\"Q\")]\nclass C {}", more: map[string]string{"Program.cs": ours + "app.UseCors(\"P\");"}},
	{rule: "no-default-policy", name: "Program.cs", text: ours + "app.§UseCors();"},
	{rule: "unused-policy", name: "Program.cs", text: strings.Replace(ours, "AddP", "§AddP", 1) + "app.UseCors(p => p.WithOrigins(\"https://a.example\"));"},
	{rule: "set-by-hand-too", name: "A.cs", text: "r.Headers.Append(§\"Access-Control-Allow-Origin\", \"*\");", more: map[string]string{"Program.cs": ours}},
	{rule: "wildcard-with-credentials", name: "A.cs", text: "r.Headers[\"Access-Control-Allow-Origin\"] = §\"*\"; r.Headers[\"Access-Control-Allow-Credentials\"] = \"true\";"},
	{rule: "several-origins", name: "A.cs", text: "r.Headers.AccessControlAllowOrigin = §\"https://a.example,https://b.example\";"},
	{rule: "no-vary", name: "A.cs", text: "r.Headers.AccessControlAllowOrigin = §q.Headers.Origin;"},
}

// TestCodeFaults checks that each rule is found where it is, and that its edits do
// what they should.
func TestCodeFaults(t *testing.T) {
	for stack, faults := range map[string][]codeFault{"spring": springFaults, "aspnet": aspnetFaults} {
		covered := map[string]bool{}
		for _, f := range faults {
			covered[f.rule] = true
			before, after, _ := strings.Cut(f.text, "§")
			f.try(t, stack, before+after, len(before))
			f.try(t, stack, strings.ReplaceAll(before+after, "\n", "\r\n"), len(strings.ReplaceAll(before, "\n", "\r\n")))
		}
		for _, r := range Lookup(stack).Source.Rules {
			if !covered[strings.TrimPrefix(r.ID, stack+"/")] {
				t.Errorf("%s has no test", r.ID)
			}
			if r.Title == "" || r.Why == "" || r.Fix == "" {
				t.Errorf("%s lacks a text", r.ID)
			}
		}
	}
}

// try finds the fault in a file.
func (f *codeFault) try(t *testing.T, stack, text string, offset int) {
	t.Helper()
	files := map[string]string{f.name: text}
	for name, more := range f.more {
		files[name] = more
	}
	faults := func() (list []Fault) {
		for _, s := range Lookup(stack).Source.Read(codeTree(files, f.name)) {
			list = append(list, s.Faults...)
		}
		return slices.DeleteFunc(list, func(x Fault) bool { return x.Rule.ID != stack+"/"+f.rule || x.File.Name != f.name })
	}
	list := faults()
	i := slices.IndexFunc(list, func(x Fault) bool { return x.Start == offset })
	switch {
	case i < 0:
		t.Errorf("%s/%s is not found at %d in\n%s\n%+v", stack, f.rule, offset, text, list)
	case f.fixed == "" && len(list[i].Edits) > 0:
		t.Errorf("%s/%s has edits: %+v", stack, f.rule, list[i].Edits)
	case f.fixed != "":
		fixed, err := source.Apply(text, list[i].Edits)
		if err != nil || !strings.Contains(strings.ReplaceAll(fixed, "\r\n", "\n"), f.fixed) || strings.Count(fixed, "\r") != strings.Count(text, "\r") {
			t.Errorf("%s/%s: %v:\n%q", stack, f.rule, err, fixed)
		}
		if files[f.name] = fixed; len(faults()) > 0 {
			t.Errorf("%s/%s is still found in\n%s", stack, f.rule, fixed)
		}
	}
}

// TestCodeFine checks that no mistake is found where there is none: that of the
// rule at the beginning, or all that are more than a note.
func TestCodeFine(t *testing.T) {
	for _, c := range []struct {
		stack, rule string
		files       map[string]string
	}{
		{"spring", "security-without-cors", map[string]string{"S.java": secured}},
		{"spring", "security-without-cors", map[string]string{"S.java": strings.Replace(secured, "http.a", "http.cors(withDefaults()).a", 1), "M.java": mapping}},
		{"spring", "security-without-cors", map[string]string{"S.java": strings.Replace(secured, "http.a", "http.addFilterBefore(corsFilter, X.class).a", 1), "M.java": mapping}},
		{"spring", "security-without-cors", map[string]string{"S.java": strings.Replace(secured, "a.any", "a.requestMatchers(HttpMethod.OPTIONS).permitAll().any", 1), "M.java": mapping}},
		{"spring", "security-without-cors", map[string]string{"S.java": secured, "B.java": "class B { @Bean UrlBasedCorsConfigurationSource s() { " + newCORS + complete + "} }"}},
		{"spring", "no-origins", map[string]string{"A.java": javaClass(newCORS + `origins.forEach(c::addAllowedOrigin); c.addAllowedMethod("*");`)}},
		{"spring", "no-origins", map[string]string{"A.java": javaClass(newCORS + "fill(c);")}},
		{"spring", "no-such-property", map[string]string{"application.yml": "spring: {mvc: {cors: {allowed-origins: a}}}", "A.java": "class A { @Value(\"${spring.mvc.cors.allowed-origins}\") String o; /* CorsRegistry */ }"}},
		{"spring", "pattern-too-wide", map[string]string{"A.java": "@CrossOrigin(originPatterns = {\"https://*.example.com:[*]\", \"http://localhost:*\", \"http://127.0.0.1:[80,81]\", \"https://app-*.example.com\"})\nclass A {}"}},
		{"aspnet", "", map[string]string{"A.cs": "services.AddAuthorization(o => o.AddPolicy(\"A\", p => p.RequireRole(\"a\"))); // AddCors"}},
		{"aspnet", "unknown-policy", map[string]string{"A.cs": "services.AddCors(o => o.AddPolicy(Names.One, p => p.AllowAnyOrigin()));\napp.UseCors(Names.One);"}},
		{"aspnet", "unused-policy", map[string]string{"A.cs": "services.AddCors(o => o.AddPolicy(Names.One, p => p.AllowAnyOrigin()));", "B.cs": "app.UseCors(Other.One);"}},
		{"aspnet", "cors-after-authorization", map[string]string{"A.cs": ours + "app.UseCors(\"P\");\napp.UseAuthorization();\napp.UseCors(\"P\");"}},
		{"aspnet", "cors-after-authorization", map[string]string{"A.cs": ours + "class A { void a() { app.UseAuthorization(); } void b() { app.UseCors(\"P\"); } }"}},
		{"aspnet", "cors-before-routing", map[string]string{"A.cs": ours + "app.UseCors(\"P\");\napp.UseRouting();"}},
		{"aspnet", "no-use-cors", map[string]string{"A.cs": ours}},
		{"aspnet", "", map[string]string{"A.cs": "#if DEBUG\nx();\n#endif\nvar s = $\"UseCors {a(\"}\")}\";"}},
	} {
		for _, s := range Lookup(c.stack).Source.Read(codeTree(c.files, sortedNames(c.files)[0])) {
			for _, f := range s.Faults {
				if f.Rule.ID == c.stack+"/"+c.rule || c.rule == "" && f.Rule.Severity != finding.Note {
					t.Errorf("%s in\n%q", f.Rule.ID, c.files)
				}
			}
		}
	}
}

// TestAppsettings checks that origins are followed into appsettings.json.
func TestAppsettings(t *testing.T) {
	settings := `{"Cors": {"Origins": ["https://a.example", "https://b.example/"], "One": "https://c.example; https://d.example"}, "Flat:Key": "https://e.example"}`
	for _, c := range []struct{ code, want string }{
		{`p.WithOrigins(builder.Configuration.GetSection("Cors:Origins").Get<string[]>())`, "https://a.example https://b.example"},
		{`p.WithOrigins(builder.Configuration.GetSection("cors").GetSection("Origins").Get<List<string>>()!.ToArray())`, "https://a.example https://b.example"},
		{`p.WithOrigins(configuration["Cors:One"].Split(';', StringSplitOptions.RemoveEmptyEntries))`, "https://c.example https://d.example"},
		{`p.WithOrigins(Configuration.GetValue<string>("Flat:Key") ?? "https://x.example")`, "https://e.example"},
		{`p.WithOrigins(builder.Configuration.GetSection("Cors:Missing").Get<string[]>())`, ""},
		{`p.WithOrigins(settings.Origins)`, ""},
		{`p.WithOrigins(configuration.GetSection("Cors:Origins").Get<string[]>().Where(x).ToArray())`, ""},
	} {
		files := map[string]string{"src/Api/Program.cs": "app.UseCors(p => " + c.code + ");", "src/Api/appsettings.json": settings}
		sites := readASPNET(codeTree(files, "src/Api/Program.cs"))
		if len(sites) != 1 {
			t.Fatal(c.code, sites)
		}
		checkSites(t, "aspnet", sites)
		var got []string
		for _, e := range sites[0].Draft.Entries {
			got = append(got, e.Value)
			if text := e.In(e.File); e.File.Name != "src/Api/appsettings.json" || strings.TrimSuffix(text, "/") != e.Value {
				t.Errorf("%s: %s is at %q of %s", c.code, e.Value, text, e.File.Name)
			}
		}
		if s := strings.Join(got, " "); s != c.want || len(sites[0].Draft.Remarks) == 0 {
			t.Errorf("%s\n got %s\nwant %s\n%+v", c.code, s, c.want, sites[0].Draft.Remarks)
		}
	}
	above := map[string]string{"src/Program.cs": `var o = configuration["Flat:Key"]; app.UseCors(p => p.WithOrigins(o));`, "appsettings.json": settings}
	if sites := readASPNET(codeTree(above, "src/Program.cs")); len(sites[0].Draft.Entries) != 1 {
		t.Errorf("%+v", sites[0].Draft)
	}
}

// withAuthorization adds Authorization where every header is allowed without
// credentials: stacks that repeat the headers of a preflight allow it, too.
func withAuthorization(p *cors.Policy) *cors.Policy {
	if slices.Contains(p.AllowHeaders, "*") && !p.AllowCredentials && !slices.ContainsFunc(p.AllowHeaders, func(h string) bool { return strings.EqualFold(h, "Authorization") }) {
		p.AllowHeaders = append(p.AllowHeaders, "Authorization")
	}
	if slices.Contains(p.AllowHeaders, "*") { // the others are among all
		p.AllowHeaders = slices.DeleteFunc(p.AllowHeaders, func(h string) bool {
			return h != "*" && (p.AllowCredentials || !strings.EqualFold(h, "Authorization"))
		})
	}
	return p
}

// TestRoundTripCode checks that snippets read back as their policies, and that
// nothing is wrong with them.
func TestRoundTripCode(t *testing.T) {
	checkRoundTrip(t, "spring", "", 60, withAuthorization)
	checkRoundTrip(t, "aspnet", "", 60, withAuthorization)
	r := rand.New(rand.NewPCG(3, 4))
	for range testenv.Rounds(300, 75) {
		p := randomPolicy(r, withEveryHeader)
		for _, stack := range []string{"spring", "aspnet"} {
			snippet := Lookup(stack).Snippet(p)
			_, text := confSites(stack, snippet.File, snippet.Code)
			for _, site := range Lookup(stack).Source.Read(confTree(snippet.File, snippet.Code)) {
				for _, f := range site.Faults {
					if f.Rule.Severity != finding.Note && f.Rule != aspnetNoOrigins && f.Rule != springNoOrigins {
						t.Fatalf("%s\n%s\n%s", f.Rule.ID, snippet.Code, text)
					}
				}
			}
		}
	}
}

// TestCodeBounds checks that files with many mistakes do not take long.
func TestCodeBounds(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, c := range []struct{ stack, name, begin, piece, end string }{
		{"spring", "A.java", "class A { void a(CorsRegistry r) { r", `.addMapping("/**")`, "; } }"},
		{"spring", "A.java", "class A { void a(CorsRegistry r) { ", `r.addMapping("/**").allowedOrigins("a", b);`, "} }"},
		{"spring", "A.java", "class A {", "@CrossOrigin(o) ", "void a() {} }"},
		{"spring", "A.java", "class A { void a() { ", newCORS, "} }"},
		{"spring", "A.java", "class A { void a() { CorsConfiguration c = new CorsConfiguration(); ", "c.addAllowedOrigin(x);", "} }"},
		{"spring", "A.java", "/* HttpSecurity CorsRegistry */ @CrossOrigin class A { void a() { ", "HttpSecurity(HttpSecurity h)", "; } }"},
		{"spring", "A.java", "class A { void a() {", `r.setHeader("Access-Control-Allow-Origin", o);`, "} }"},
		{"spring", "application.properties", "", "spring.graphql.cors.allowed-origins=a,b,c\n", ""},
		{"spring", "application.yml", "management.endpoints.web.cors:\n  allowed-origins: [", `"a",`, "]"},
		{"aspnet", "A.cs", "", `o.AddPolicy("A", p => p.WithOrigins("a"));`, ""},
		{"aspnet", "A.cs", "app", ".UseCors(p => p.WithOrigins(a))", ";"},
		{"aspnet", "A.cs", "app.UseCors(p => p", `.WithOrigins(a, "b")`, ");"},
		{"aspnet", "A.cs", "app.UseCors(p => p.SetIsOriginAllowed(o => a", ` || o == "x"`, "));"},
		{"aspnet", "A.cs", "", "app.UseAuthorization(); app.UseCors(x);", ""},
		{"aspnet", "A.cs", "app.UseCors(", "p => p.WithOrigins(", strings.Repeat(")", 400)},
	} {
		n := 300_000 / len(c.piece)
		if strings.HasPrefix(c.end, ")))") {
			n = 399
		}
		start := time.Now()
		Lookup(c.stack).Source.Read(confTree(c.name, c.begin+strings.Repeat(c.piece, n)+c.end))
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s %q takes %v", c.stack, c.piece, d)
		}
	}
}

// fuzzCode checks that any file can be read, that all places are in it, and that
// the edits of each fault can be made.
func fuzzCode(f *testing.F, stack, name string, faults []codeFault) {
	f.Helper()
	for _, c := range faults {
		f.Add(strings.Replace(c.text, "§", "", 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			return
		}
		sites := Lookup(stack).Source.Read(source.Memory(&source.File{Name: name, Text: text}))
		checkSites(t, stack, sites)
		for _, s := range sites {
			_, _ = s.Draft.Policy()
		}
	})
}

func FuzzReadSpringJava(f *testing.F)   { fuzzCode(f, "spring", "A.java", springFaults) }
func FuzzReadSpringKotlin(f *testing.F) { fuzzCode(f, "spring", "A.kt", springFaults) }
func FuzzReadSpringProperties(f *testing.F) {
	f.Add("spring.cloud.gateway.globalcors.cors-configurations.[/**].allowed-origins[0] = \\\n a\\u0041")
	fuzzCode(f, "spring", "application.properties", springFaults)
}
func FuzzReadASPNET(f *testing.F) { fuzzCode(f, "aspnet", "A.cs", aspnetFaults) }
