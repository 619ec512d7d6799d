<%@ page contentType="application/json; charset=UTF-8" session="false" trimDirectiveWhitespaces="true" %>
{"client":"<%= request.getRemoteAddr() %>","url":"<%= request.getRequestURL() %>","https":<%= request.isSecure() %>}
