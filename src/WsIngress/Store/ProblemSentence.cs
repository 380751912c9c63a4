using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>A problem as people read it, in the log and from <c>validate</c>: the message, and the value and what is allowed where the message leaves them out.</summary>
internal static class ProblemSentence
{
    /// <summary>The field; <c>document</c> when the whole of it is meant.</summary>
    public static string Field(Problem problem) => problem.Field.Length == 0 ? "document" : problem.Field;

    /// <summary>One line.</summary>
    public static string Text(Problem problem)
    {
        var text = problem.Message.ReplaceLineEndings(" ");
        if (!IsAboutTheValue(problem.Reason) || problem.Value.Length == 0)
        {
            return text;
        }

        var allowed = text.Contains(problem.Allowed, StringComparison.Ordinal) ? "" : $"; allowed: {problem.Allowed}";
        return $"{text} (found '{problem.Value.ReplaceLineEndings(" ")}'{allowed})";
    }

    /// <summary>The other reasons name what is missing in their message, or, as decoding does for Secrets, must not repeat the value.</summary>
    private static bool IsAboutTheValue(ProblemReason reason) => reason is ProblemReason.InvalidField or ProblemReason.InvalidHost
        or ProblemReason.InvalidPath or ProblemReason.InvalidRegex or ProblemReason.InvalidAnnotation or ProblemReason.PortNotFound;
}
