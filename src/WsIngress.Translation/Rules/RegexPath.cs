using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace WsIngress.Translation.Rules;

/// <summary>What is known about one regex path: its captures, or why it is not usable.</summary>
/// <param name="Captures">Number of <c>( )</c> groups.</param>
/// <param name="Error">Null when it compiles.</param>
internal sealed record RegexPath(int Captures, string? Error)
{
    /// <summary>Compiling is quadratic at worst in this engine, so the author does not choose the length.</summary>
    public const int MaxLength = 1024;

    public const string Allowed = "a .NET regex without lookaround, backreference and atomic group, at most 1024 characters, beginning with /";

    // A regex costs far more to compile than everything else of its Ingress, and the text comes from an object that does not change.
    private static readonly ConditionalWeakTable<string, RegexPath> Known = [];

    public static RegexPath For(string pattern) => Known.GetValue(pattern, Compile);

    private static RegexPath Compile(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            return new(0, $"is longer than {MaxLength} characters");
        }

        try
        {
            // Alone first: a stray ")" must not close the group that anchors it.
            _ = new Regex(pattern, RegexOptions.CultureInvariant);
            var regex = new Regex($"^(?:{pattern})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return new(regex.GetGroupNumbers().Length - 1, null);
        }
        catch (RegexParseException e)
        {
            return new(0, $"does not parse ({e.Error} at offset {e.Offset})");
        }
        catch (NotSupportedException)
        {
            return new(0, "uses lookaround, a backreference, an atomic group or repeats that are too large, which the engine without backtracking does not have");
        }
    }
}
