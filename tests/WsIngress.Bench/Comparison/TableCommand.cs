namespace WsIngress.Bench.Comparison;

/// <summary>Brings a result into `docs/performance.md`, or prints what would stand there.</summary>
internal static class TableCommand
{
    private const string Begin = "<!-- data-plane: begin -->\n";
    private const string End = "<!-- data-plane: end -->";

    /// <param name="file">That `data-plane --json` wrote.</param>
    /// <param name="document">At most one, with a begin and an end mark.</param>
    public static int Run(string file, string[] document)
    {
        var table = new ResultTable(ComparisonResult.Read(file), markdown: true).ToString();
        if (document is not [var path])
        {
            Console.Write(table);
            return 0;
        }

        var text = File.ReadAllText(path);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            Console.Error.WriteLine($"{path}: the marks '{Begin.TrimEnd()}' and '{End}' are not there");
            return 1;
        }

        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}{table.TrimEnd()}\n{text[end..]}");
        return 0;
    }
}
