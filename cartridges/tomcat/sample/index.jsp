<%@ page contentType="application/json; charset=UTF-8" session="true" trimDirectiveWhitespaces="true" %><%
  // Held in the memory of this instance: another one would begin at 1 again.
  int visits;
  synchronized (session) {
    Integer before = (Integer) session.getAttribute("visits");
    visits = before == null ? 1 : before + 1;
    session.setAttribute("visits", visits);
  }
  String instance = System.getenv("CARTWRIGHT_INSTANCE");
  response.setHeader("Cache-Control", "no-store");
%>{"visits":<%= visits %>,"instance":<%= instance == null ? "null" : '"' + instance + '"' %>,"java":"<%= System.getProperty("java.version") %>"}
