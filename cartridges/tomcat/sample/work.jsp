<%@ page contentType="application/json; charset=UTF-8" session="false" trimDirectiveWhitespaces="true" %><%
  String asked = request.getParameter("milliseconds");
  if (asked != null && !asked.matches("[0-9]{1,5}")) {
    response.sendError(400);
    return;
  }
  int milliseconds = asked == null ? 50 : Integer.parseInt(asked);
  application.log("works for " + milliseconds + " ms");
  Thread.sleep(milliseconds);
%>{"milliseconds":<%= milliseconds %>,"heapMebibytes":<%= Runtime.getRuntime().maxMemory() >> 20 %>}
