using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using WsIngress.Cluster;

namespace WsIngress.Admin;

/// <summary>
/// The token that opens the admin API, from a file: 16 to 4096 printable ASCII characters, white space around it is cut. The file is read again at most once a
/// second, when a request comes; while it cannot be used, the last token holds. For any thread.
/// </summary>
internal sealed class AdminToken
{
    private const int Least = 16;
    private const int Most = 4096;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogGate _complaints;
    private byte[] _hash;
    private long _readAt;

    /// <exception cref="IOException">The file cannot be used; the message says why.</exception>
    public AdminToken(string path, TimeProvider time, ILogger logger)
    {
        (_path, _time, _logger) = (path, time, logger);
        _complaints = new(time, TimeSpan.FromMinutes(10));
        _hash = Hash(Read(path));
        _readAt = time.GetTimestamp();
    }

    /// <summary>Takes as long for a wrong token as for the right one, whatever they have in common.</summary>
    public bool Accepts(string token)
    {
        var hash = Hash(token);
        lock (_gate)
        {
            if (_time.GetElapsedTime(_readAt) >= Fresh)
            {
                Renew();
            }

            return CryptographicOperations.FixedTimeEquals(hash, _hash);
        }
    }

    /// <exception cref="IOException">It cannot be used; the message says why.</exception>
    public static string Read(string path)
    {
        string text;
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[Most + 64];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            text = Encoding.UTF8.GetString(bytes, 0, length).Trim();
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"the token file '{path}' cannot be read: {broken.Message}", broken);
        }

        return text.Length is >= Least and <= Most && text.All(c => c is > ' ' and < '\u007f')
            ? text
            : throw new IOException($"the token file '{path}' cannot be used; allowed: one token of {Least} to {Most} printable ASCII characters");
    }

    private void Renew()
    {
        _readAt = _time.GetTimestamp();
        try
        {
            _hash = Hash(Read(_path));
            _complaints.Close();
        }
        catch (IOException unusable)
        {
            if (_complaints.Opens(unusable.Message))
            {
                AdminLog.TokenStays(_logger, unusable.Message);
            }
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
