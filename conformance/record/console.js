// Collects the messages of Firefox's console about cases. It runs with the rights of Firefox's own code.
const key = "corsacMessages";
function listen() {
  const list = (Services[key] = []);
  Services.console.registerListener({
    observe(m) {
      const e = m instanceof Ci.nsIScriptError ? m.QueryInterface(Ci.nsIScriptError) : null;
      if (e && e.errorMessage.includes("/c/")) list.push({ category: e.category, text: e.errorMessage });
    },
  });
  return true;
}
function taken() {
  return Services[key].splice(0);
}
