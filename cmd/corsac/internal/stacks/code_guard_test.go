package stacks

import (
	"strings"
	"testing"
)

// javaOpen are bodies of doFilter(q, s, chain) in which not every origin is
// allowed, or not certainly.
var javaOpen = []string{
	`String origin = request.getHeader("Origin"); if (origin == null || !ALLOWED.contains(origin)) { chain.doFilter(q, s); return; } response.setHeader("Access-Control-Allow-Origin", origin);`,
	`response.setHeader("Access-Control-Allow-Origin", ALLOWED.contains(request.getHeader("Origin")) ? request.getHeader("Origin") : "https://a.example");`,
	`response.setHeader("Access-Control-Allow-Origin", originChecker.allowedOrNull(request.getHeader("Origin")));`,
	`String origin = request.getHeader("Origin"); origin = ALLOWED.contains(origin) ? origin : "null"; response.setHeader("Access-Control-Allow-Origin", origin);`,
	`String origin = ok ? request.getHeader("Origin") : null; response.setHeader("Access-Control-Allow-Origin", origin);`,
	`if (ok) response.setHeader("Access-Control-Allow-Origin", "*");`,
	`if (bad) { throw new Denied(); } response.setHeader("Access-Control-Allow-Origin", "*");`,
	`for (String o : ALLOWED) { if (o.equals(origin)) { response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); } }`,
	`switch (request.getHeader("Origin")) { case "https://a.example": response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); break; }`,
	`try { check(request); response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); } catch (Denied e) { }`,
	`if (!ok) { response.setStatus(403); } else { response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); }`,
	`if (!ok) { response.setStatus(403); } else response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin"));`,
	`Optional.ofNullable(request.getHeader("Origin")).filter(ALLOWED::contains).ifPresent(o -> response.setHeader("Access-Control-Allow-Origin", "*"));`,
	`ALLOWED.stream().filter(o -> o.equals(x)).forEach(o -> { response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); });`,
	`response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin").replace("a", "b"));`,
	`response.setHeader("Access-Control-Allow-Origin", "" + request.getHeader("Origin"));`,
	`response.setHeader("Access-Control-Allow-Origin", known.get(request.getHeader("Origin")));`,
	`while (check(request)) { response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")); }`,
	`response.setHeader("Access-Control-Allow-Origin", request.getHeader("X-Origin"));`,
}

var kotlinOpen = []string{
	`if (request.getHeader("Origin") !in allowed) return chain.doFilter(q, s)
response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin"))`,
	`val origin = request.getHeader("Origin") ?: return
check(origin)
response.setHeader("Access-Control-Allow-Origin", origin)`,
	`request.getHeader("Origin")?.takeIf { it in allowed }?.let { response.setHeader("Access-Control-Allow-Origin", "*") }`,
	`when (request.getHeader("Origin")) { "https://a.example" -> response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")) }`,
	`response.setHeader("Access-Control-Allow-Origin", if (ok) request.getHeader("Origin") else "https://a.example")`,
	`allowed.find { it == x }.let { response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin")) }`,
}

var csharpOpen = []string{
	`var origin = context.Request.Headers["Origin"].ToString(); if (!_allowed.Contains(origin)) { await _next(context); return; } context.Response.Headers["Access-Control-Allow-Origin"] = origin;`,
	`context.Response.Headers["Access-Control-Allow-Origin"] = ok ? context.Request.Headers["Origin"] : "https://a.example";`,
	`context.Response.Headers["Access-Control-Allow-Origin"] = Check(context.Request.Headers["Origin"]);`,
	`context.Response.Headers["Access-Control-Allow-Origin"] = context.Request.Headers["Origin"].ToString() ?? Fallback();`,
	`context.Response.Headers.AccessControlAllowOrigin = _allowed.FirstOrDefault(o => o == context.Request.Headers.Origin);`,
	`if (_allowed.Contains(context.Request.Headers.Origin)) context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;`,
	`foreach (var o in _allowed) { if (o == x) { context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin; } }`,
	`if (Bad(context)) throw new Exception(); context.Response.Headers["Access-Control-Allow-Origin"] = "*";`,
	`_allowed.ForEach(o => { context.Response.Headers["Access-Control-Allow-Origin"] = context.Request.Headers["Origin"]; });`,
	`switch (x) { case 1: context.Response.Headers["Access-Control-Allow-Origin"] = "*"; break; }`,
	`try { Check(context); context.Response.Headers["Access-Control-Allow-Origin"] = "*"; } catch { }`,
	`var origin = context.Request.Headers["Origin"].ToString().Replace("a", "b"); context.Response.Headers["Access-Control-Allow-Origin"] = origin;`,
	`_ = ok && context.Response.Headers.TryAdd("Access-Control-Allow-Origin", "*");`,
}

// TestCodeHandOpen checks that headers which a condition decides about are not
// read as if every origin were allowed, and that lint does not say so.
func TestCodeHandOpen(t *testing.T) {
	for _, body := range javaOpen {
		text := "public class F implements Filter {\n  private static final Set<String> ALLOWED = Set.of(\"https://a.example\");\n  public void doFilter(ServletRequest q, ServletResponse s, FilterChain chain) throws Exception {\n    HttpServletRequest request = (HttpServletRequest) q; HttpServletResponse response = (HttpServletResponse) s;\n    " + body + "\n    chain.doFilter(q, s);\n  }\n}\n"
		checkOpen(t, text, readSpring(codeTree(map[string]string{"F.java": text}, "F.java")))
	}
	for _, body := range kotlinOpen {
		text := "class F : Filter {\n  override fun doFilter(q: ServletRequest, s: ServletResponse, chain: FilterChain) {\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n    chain.doFilter(q, s)\n  }\n}\n"
		checkOpen(t, text, readSpring(codeTree(map[string]string{"F.kt": text}, "F.kt")))
	}
	for _, body := range csharpOpen {
		text := "public class M { public async Task InvokeAsync(HttpContext context) {\n  " + body + "\n  await _next(context);\n} }\n"
		checkOpen(t, text, readASPNET(codeTree(map[string]string{"M.cs": text}, "M.cs")))
		text = "var app = builder.Build();\napp.Use(async (context, next) => {\n  " + body + "\n  await next();\n});\n"
		checkOpen(t, text, readASPNET(codeTree(map[string]string{"Program.cs": text}, "Program.cs")))
	}
}

// TestCodeHandKnown checks that headers which are always sent are read.
func TestCodeHandKnown(t *testing.T) {
	for name, text := range map[string]string{
		"A.java": `class A implements Filter { void doFilter(ServletRequest q, ServletResponse s, FilterChain c) { String origin = ((HttpServletRequest) q).getHeader("Origin"); response.setHeader("Access-Control-Allow-Origin", origin); c.doFilter(q, s); } }`,
		"B.java": `class B { void a() { http.addFilterBefore((req, res, chain) -> { ((HttpServletResponse) res).setHeader("Access-Control-Allow-Origin", "*"); chain.doFilter(req, res); }, X.class); } }`,
		"C.kt":   "class C : Filter {\n  override fun doFilter(q: ServletRequest, s: ServletResponse, c: FilterChain) {\n    val origin = request.getHeader(\"Origin\")\n    response.setHeader(\"Access-Control-Allow-Origin\", origin)\n  }\n}",
		"D.cs":   `app.Use(async (context, next) => { context.Response.OnStarting(() => { context.Response.Headers["Access-Control-Allow-Origin"] = context.Request.Headers["Origin"].FirstOrDefault(); return Task.CompletedTask; }); await next(); });`,
		"E.cs":   `class M { async Task Invoke(HttpContext context) { context.Response.Headers.AccessControlAllowOrigin = "*"; if (context.Request.Method == "OPTIONS") { return; } await _next(context); } }`,
		"F.java": `class F { Mono<Void> filter(ServerWebExchange e, WebFilterChain c) { e.getResponse().getHeaders().add("Access-Control-Allow-Origin", e.getRequest().getHeaders().getOrigin()); return c.filter(e); } }`,
		"G.java": `class G { WebFilter f() { return (exchange, chain) -> { exchange.getResponse().getHeaders().set("Access-Control-Allow-Origin", "*"); return chain.filter(exchange); }; } }`,
		"H.cs":   `class M { void Configure(IApplicationBuilder app) { app.Use((context, next) => { context.Response.Headers.Add("Access-Control-Allow-Origin", context.Request.Headers.Origin); return next(); }); } }`,
		"I.java": `class I { void a() { response.addHeader("Access-Control-Allow-Origin", "*"); } }`,
	} {
		read := readSpring
		if strings.HasSuffix(name, ".cs") {
			read = readASPNET
		}
		sites := read(codeTree(map[string]string{name: text}, name))
		if got := showExpress(sites); strings.Count(got, "allow_origins: * at") != 1 {
			t.Errorf("%s\n%s\n%s", name, text, got)
		}
	}
}

// TestASPNETFunctionsOpen checks that functions and builders which do more than to
// look the origin up are not read as if they did not.
func TestASPNETFunctionsOpen(t *testing.T) {
	for _, policy := range []string{
		`p.SetIsOriginAllowed(origin => !Regex.IsMatch(origin, @"^https://evil\.example$")).AllowCredentials()`,
		`p.SetIsOriginAllowed(origin => dev && Regex.IsMatch(origin, @"^https://b\.example$"))`,
		`p.SetIsOriginAllowed(origin => Regex.IsMatch(origin, @"^https://b\.example$") && dev)`,
		`p.SetIsOriginAllowed(origin => dev && origin == "https://c.example")`,
		`p.SetIsOriginAllowed(origin => origin == "https://c.example" && dev)`,
		`p.SetIsOriginAllowed(origin => !(origin == "https://c.example"))`,
		`p.SetIsOriginAllowed(origin => origin != "https://c.example")`,
		`p.SetIsOriginAllowed(origin => !new[]{"https://d.example"}.Contains(origin))`,
		`p.SetIsOriginAllowed(origin => { return dev && origin == "https://e.example"; })`,
		`p.SetIsOriginAllowed(origin => { if (dev) return true; return origin == "https://e.example"; })`,
		`p.SetIsOriginAllowed(origin => dev ? true : origin == "https://e.example")`,
		`p.SetIsOriginAllowed(origin => origin == "https://e.example" ? dev : false)`,
		`p.SetIsOriginAllowed(origin => !origin.EndsWith(".evil.example"))`,
		`p.SetIsOriginAllowed(origin => origin.EndsWith(".x.example") && origin.StartsWith("https://"))`,
		`p.SetIsOriginAllowed(origin => origin.StartsWith("https://a.example:") && dev)`,
		`p.SetIsOriginAllowed(origin => blocked.Regex.IsMatch(origin, @"^https://b\.example$"))`,
		`p.SetIsOriginAllowed(origin => Check(Regex.IsMatch(origin, @"^https://b\.example$")))`,
		`p.SetIsOriginAllowed(IsAllowed)`,
		`(builder.Environment.IsDevelopment() ? p.WithOrigins("https://a.example") : p.WithOrigins("https://b.example")).AllowCredentials()`,
		`(dev ? p.AllowAnyOrigin() : p.WithOrigins("https://k.example")).WithHeaders("X-K")`,
		`{ if (!dev) { p.WithOrigins("https://i.example"); return; } p.AllowAnyOrigin().WithHeaders("X-I"); }`,
		`{ var q = dev ? p.AllowAnyOrigin() : p.WithOrigins("https://i.example"); }`,
	} {
		text := "builder.Services.AddCors(o => o.AddPolicy(\"a\", p => " + policy + "));\napp.UseCors(\"a\");\n"
		checkOpen(t, text, readASPNET(codeTree(map[string]string{"Program.cs": text}, "Program.cs")))
	}
}

// TestASPNETBoth checks that the order of comparisons between && says nothing, and
// that those with a part of the host that others have are reported.
func TestASPNETBoth(t *testing.T) {
	for function, partial := range map[string]bool{
		`o.EndsWith(".x.example") && o.StartsWith("https://")`: false,
		`o.StartsWith("https://") && o.EndsWith(".x.example")`: false,
		`o.StartsWith("https://") && o.EndsWith("x.example")`:  true,
		`o.EndsWith("x.example") && o.StartsWith("https://")`:  true,
		`o.Contains("x.example") && dev`:                       true,
		`dev && o.Contains("x.example")`:                       true,
	} {
		text := "builder.Services.AddCors(o => o.AddPolicy(\"a\", p => p.SetIsOriginAllowed(o => " + function + ")));\napp.UseCors(\"a\");\n"
		got := showExpress(readASPNET(codeTree(map[string]string{"Program.cs": text}, "Program.cs")))
		if strings.Contains(got, "part-of-origin") != partial {
			t.Errorf("%s\n%s", text, got)
		}
	}
}

// TestSpringSecurityComment checks that only code lets preflights through.
func TestSpringSecurityComment(t *testing.T) {
	for body, found := range map[string]bool{
		`return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build(); // TODO: cors`:                        true,
		`/* http.cors() */ return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`:                    true,
		`log.info("no cors"); return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`:                 true,
		`boolean cors = false; return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`:                true,
		`return http.cors(withDefaults()).authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`:                 false,
		`return http.addFilterBefore(corsFilter, X.class).authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`: false,
		`configureCors(http); return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();`:                 false,
	} {
		text := "class S { SecurityFilterChain c(HttpSecurity http) { " + body + "\n} }\n"
		got := showExpress(readSpring(codeTree(map[string]string{"S.java": text, "M.java": mapping}, "S.java")))
		if strings.Contains(got, "spring/security-without-cors") != found {
			t.Errorf("%s\n%s", text, got)
		}
	}
}
