using System.Diagnostics;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Which libraries are taken for OpenSSL 3, and what is said of all others.</summary>
public sealed class OpenSslFilesTests
{
    [Fact]
    public void This_machine_has_one()
    {
        Assert.True(OpenSsl.IsAvailable, OpenSsl.Unavailable);
        Assert.Null(OpenSsl.Unavailable);
        Assert.StartsWith("OpenSSL 3.", OpenSsl.Version, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1010117fL, "OpenSSL 1.1.1w  11 Sep 2023", "OpenSSL 1.1.1w  11 Sep 2023 is refused: OpenSSL 1.1 and older get no security fixes any more; libssl.so.3 and libcrypto.so.3 of OpenSSL 3 are needed")]
    [InlineData(0x1000207fL, "OpenSSL 1.0.2g", "OpenSSL 1.0.2g is refused: OpenSSL 1.1 and older get no security fixes any more; libssl.so.3 and libcrypto.so.3 of OpenSSL 3 are needed")]
    [InlineData(0x30000000L, "OpenSSL 3.0.0", null)]
    [InlineData(0x30500010L, "OpenSSL 3.5.1", null)]
    [InlineData(0x40000000L, "OpenSSL 4.0.0", "OpenSSL 4.0.0 is refused: it is newer than OpenSSL 3, whose libssl.so.3 and libcrypto.so.3 are needed")]
    public void Only_version_3_is_taken(long number, string version, string? refusal) =>
        Assert.Equal(refusal, OpenSslFiles.RefusalOf((nuint)number, version));

    [Fact]
    public void A_missing_library_is_named()
    {
        var crypto = OpenSslFiles.Open("libssl.so.3", "libcrypto.so.not-there");
        var ssl = OpenSslFiles.Open("libssl.so.not-there", "libcrypto.so.3");

        Assert.StartsWith("libcrypto.so.not-there of OpenSSL 3 is not on this machine", crypto.Refusal, StringComparison.Ordinal);
        Assert.StartsWith("libssl.so.not-there of OpenSSL 3 is not on this machine", ssl.Refusal, StringComparison.Ordinal);
        Assert.Equal(0, crypto.Ssl);
        Assert.Equal(0, ssl.Crypto);
    }

    [Fact]
    public void A_library_that_is_something_else_is_refused()
    {
        Assert.Equal("libc.so.6 is no OpenSSL 3: it does not say its version", OpenSslFiles.Open("libssl.so.3", "libc.so.6").Refusal);
        Assert.Contains("libc.so.6 does not belong to OpenSSL 3", OpenSslFiles.Open("libc.so.6", "libcrypto.so.3").Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_of_1_1_is_refused_by_what_it_says_of_itself()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/cc"), "needs a C compiler (apt-get install gcc)");
        var library = Path.Combine(Path.GetTempPath(), $"libcrypto-{Guid.NewGuid():N}.so");
        using var compiler = Process.Start(new ProcessStartInfo("cc", $"-shared -fPIC -x c -o {library} -") { RedirectStandardInput = true })!;
        compiler.StandardInput.Write("""
            unsigned long OpenSSL_version_num(void) { return 0x1010117fL; }
            const char *OpenSSL_version(int which) { return which == 0 ? "OpenSSL 1.1.1w  11 Sep 2023" : ""; }
            """);
        compiler.StandardInput.Close();
        compiler.WaitForExit();
        try
        {
            Assert.StartsWith("OpenSSL 1.1.1w  11 Sep 2023 is refused", OpenSslFiles.Open("libssl.so.3", library).Refusal, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(library);
        }
    }

    [Fact]
    public void Each_fault_has_a_word_of_its_own()
    {
        var words = Enum.GetValues<TlsFault>().Select(TlsFaults.Word).ToArray();

        Assert.Equal(words.Length, words.Distinct().Count());
        Assert.All(words, word => Assert.Matches("^[a-z-]+$", word));
        Assert.Equal("internal", TlsFaults.Word(TlsFault.Internal));
    }
}
