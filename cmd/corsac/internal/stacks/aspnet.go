package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "aspnet",
	Aliases:  []string{"asp.net", "dotnet", "aspnetcore"},
	Title:    "ASP.NET Core",
	Layer:    Application,
	Holds:    Preflights | Quiet,
	Versions: "ASP.NET Core 3.0",
	Why:      "WithOrigins compares whole origins, and matches https://*.example.org only with SetIsOriginAllowedToAllowWildcardSubdomains. UseCors stands before UseAuthentication, so that preflights are answered and a 401 can be read.",
	Signs: []Sign{
		header(finding.Certain, "Server", "Kestrel"),
		header(finding.Certain, "X-AspNet-Version", ""),
		header(finding.Certain, "X-Powered-By", "ASP.NET"),
		trait(finding.Certain, "a cookie whose name begins with .AspNetCore.", func(s *Seen) bool {
			for _, value := range s.Headers.Values("Set-Cookie") {
				if strings.HasPrefix(value, ".AspNetCore.") {
					return true
				}
			}
			return false
		}),
		bodyLike(finding.Likely, `^\{"type":"https://tools\.ietf\.org/html/rfc[0-9]+#section-[0-9.]+","title":"`, "the problem details of ASP.NET Core"),
	},
	Projects: []Project{{File: "*.csproj", Contains: "Microsoft.NET.Sdk.Web"}},
	Source:   aspnetSource,
	Snippet:  aspnetSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "Without app.UseCors, ASP.NET Core answers OPTIONS with 405. Call it after app.UseRouting and before app.UseAuthorization and the endpoints."},
		"preflight-requires-auth": {Text: "Call app.UseCors before app.UseAuthentication and app.UseAuthorization. A preflight never carries a cookie or a token."},
		"auth-error-without-cors": {Text: "Call app.UseCors before app.UseAuthentication and app.UseAuthorization, so that their 401 and 403 carry the headers, too."},
		"preflight-redirect-https": {
			Text: "app.UseHttpsRedirection answers the preflight with a redirect, which no preflight may. Request the URL with https, and call app.UseCors before app.UseHttpsRedirection.",
		},
		"server-error-without-cors": {Text: "The exception is in the log of the server: fix that first. Call app.UseExceptionHandler before app.UseCors, so that its answer keeps the headers."},
		"origin-not-allowed":        {Text: "Add the origin to WithOrigins, without a slash at its end. ASP.NET Core answers preflights of other origins with success, but without CORS headers."},
		"cookie-samesite-blocks-cross-site": {
			Text: "Set options.Cookie.SameSite = SameSiteMode.None and options.Cookie.SecurePolicy = CookieSecurePolicy.Always where the cookie is configured (AddCookie, ConfigureApplicationCookie or AddSession).", Only: true,
		},
	},
})

func aspnetSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("builder.Services.AddCors(options => options.AddDefaultPolicy(policy => policy")
	aspnetOrigins(&c, r)
	c.line("    .WithMethods(%s)", list(csharpString, r.methods...))
	if r.anyHeader {
		c.line("    .AllowAnyHeader()")
	} else {
		c.when(len(r.headers) > 0, "    .WithHeaders(%s)", list(csharpString, r.headers...))
	}
	c.when(len(r.expose) > 0, "    .WithExposedHeaders(%s)", list(csharpString, r.expose...))
	c.when(r.credentials, "    .AllowCredentials()")
	c.when(r.maxAge >= 0, "    .SetPreflightMaxAge(TimeSpan.FromSeconds(%d))", r.maxAge)
	s := c.lines() + "));"
	c = code{}
	c.line("%s", s)
	c.line("")
	c.line("var app = builder.Build();")
	c.line("app.UseCors();")
	if !r.anyOrigin {
		r.Gaps = append(r.Gaps, "Answers to origins that are not allowed have no Vary: Origin.")
	}
	return r.snippet(&c, Snippet{
		File:  "Program.cs",
		Place: "AddCors before builder.Build(); UseCors right after it, or after UseRouting and UseExceptionHandler if you call them, and before UseAuthentication",
	})
}

// aspnetOrigins writes the call that allows the origins. ASP.NET Core knows
// subdomains; for the rest, it takes a function.
func aspnetOrigins(c *code, r *rules) {
	wild, simple := r.wildcards()
	for _, w := range wild {
		simple = simple && !strings.HasSuffix(w, ":*")
	}
	switch {
	case r.anyOrigin:
		c.line("    .AllowAnyOrigin()")
	case simple:
		c.line("    .WithOrigins(%s)", list(csharpString, append(append([]string{}, r.exact...), wild...)...))
		c.when(len(wild) > 0, "    .SetIsOriginAllowedToAllowWildcardSubdomains()")
	default:
		terms := make([]string, 0, 2)
		if len(r.exact) > 0 {
			terms = append(terms, "new[] { "+list(csharpString, r.exact...)+" }.Contains(origin)")
		}
		expr := `\A` + r.union().group() + `\z`
		terms = append(terms, "System.Text.RegularExpressions.Regex.IsMatch(origin, "+csharpString(expr)+")")
		c.line("    .SetIsOriginAllowed(origin => %s)", strings.Join(terms, " || "))
	}
}
